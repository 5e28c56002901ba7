import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe('the story of upstream-pipeline', () => {
  it('goes on behind the killed process, carries out each call once, and ends with all that the client gets', async () => {
    const path = join(import.meta.dirname, 'main.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 50_000 });
    const lines = stdout.trim().split('\n');
    expect(lines.slice(0, -1)).toEqual([
      'when the process died: pre_signup ok, signup ok',
      'gone on with: pre_signup ok, signup ok, start_session ok, load_index ok',
      'the login is: ok',
      'carried out by the upstream: /pre_signup /signup /start_session /load_index',
      'viewer id in the context: 4711',
      'the next run came after: load_index',
    ]);
    expect(lines.at(-1)).toMatch(/^the client gets: \{"id":"[\w-]{24}"\}$/);
  });
});
