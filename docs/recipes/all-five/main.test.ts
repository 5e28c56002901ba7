import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

describe('the story of all-five', () => {
  it('ends with every session as it was, and no key touched by another system', () => {
    const path = join(import.meta.dirname, 'main.ts');
    const env = { ...process.env, STATEROOM_STORAGE: 'memory' };
    const output = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000, env });
    const lines = output.trim().split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '5 systems on one storage: memory',
      'sessions, all made at once: 50',
      'of them under the id guest-7: 3',
    ]);
    expect(lines).toContain('space-game: { counted: 10, saved: 10 }');
    expect(lines.slice(-4)).toEqual([
      expect.stringMatching(/^keys copied to SQLite: \d+ and failed: 0$/),
      'keys that differ after a restart: 0',
      'sessions that are as they were: 50',
      'all games removed; keys of others that changed: 0',
    ]);
  });
});
