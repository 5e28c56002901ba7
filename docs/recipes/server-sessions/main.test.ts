import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

describe('the story of server-sessions', () => {
  it('ends with all that the client gets, and the process with it', () => {
    const path = join(import.meta.dirname, 'main.ts');
    const env = { ...process.env, STATEROOM_STORAGE: 'memory' };
    const output = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 15_000, env });
    const lines = output.trim().split('\n');
    expect(lines.slice(0, -1)).toEqual([
      'sessions are kept in: memory',
      'same ticket, same key: true',
      'other ticket, other key: true',
      'viewer id in the context: 4711',
      'last step: load-index',
      'last step, cleared: null',
      'a deleted session: null',
      'a context that slips into a reply: {"context":"[server only]"}',
    ]);
    const view: object = JSON.parse(lines.at(-1)?.replace('the client gets: ', '') ?? '');
    expect(Object.keys(view)).toEqual(['sessionId', 'createdAt']);
  });
});
