import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hasRedis, redisCli, redisNote } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { redisForSuite, temporaryFolder } from '../testing/engines.ts';

/** What the program prints, by lines, once it has ended by itself: one that hangs is killed, and fails. */
async function run(program: string, environment: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { USE_REDIS: _, REDIS_URL: __, STATEROOM_STORAGE: ___, ...inherited } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, program)], {
    env: { ...inherited, ...environment },
    timeout: 15_000,
  });
  return stdout.trim().split('\n');
}

describe('a process with a session store', () => {
  const folder = temporaryFolder();

  it('ends by itself once the store is closed, and the next one finds what it left', async () => {
    const environment = { STATEROOM_SQLITE_PATH: join(folder(), 'store.db') };
    expect(await run('main.ts', environment)).toContain('left by the last run: null');
    const lines = await run('main.ts', environment);
    expect(lines).toContainEqual(expect.stringMatching(/^left by the last run: .*"username":"player1".*"room":"inn"/));
    expect(lines).toContain('deleted, then refreshed: null');
    expect(lines).toContain("for operators: 1 [ 'abc123' ]");
  });

  it('ends by itself though fifty stores are dropped and none is closed: they have no timers', async () => {
    expect(await run('dropped-stores.test-process.ts')).toEqual(['0']);
  });

  describe.skipIf(!hasRedis)(`and a Redis${redisNote}`, () => {
    const server = redisForSuite();

    it('ends by itself once the store is closed, and leaves the session there', async () => {
      expect(await run('main.ts', { USE_REDIS: '1', REDIS_URL: server().url })).toContain('healthy: true');
      const [, record = ''] = redisCli(server().port, 'GET', 'session:abc123').split('\n');
      expect(JSON.parse(record)).toMatchObject({ state: { username: 'player1', sessionId: 'abc123', room: 'inn' } });
    });
  });
});
