import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasRedis, redisNote } from '../../../packages/core/src/testing/servers/redis-server.ts';

describe.skipIf(!hasRedis)(`the story of edge-worker${redisNote}`, () => {
  it('ends with the whole answer, though nobody had stayed to hear it', () => {
    const path = join(import.meta.dirname, 'main.ts');
    const lines = execFileSync(process.execPath, [path], { encoding: 'utf8', timeout: 60_000 }).trim().split('\n');
    expect(lines.slice(-3)).toEqual([
      'the turn goes on, and ends with: finish',
      'words in the transcript: 63',
      'as they were followed: true',
    ]);
  });
});
