import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasRedis, redisNote } from '../../../packages/core/src/testing/servers/redis-server.ts';

describe.skipIf(!hasRedis)(`the story of two-servers${redisNote}`, () => {
  it('goes on with the server that is left', () => {
    const path = join(import.meta.dirname, 'main.ts');
    const lines = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000 }).trim().split('\n');
    expect(lines.slice(-3)).toEqual([
      'the one is killed; a follower is told all it had said: true',
      'the next turn, on the other, ends with: finish',
      'turns: crashed, completed',
    ]);
  });
});
