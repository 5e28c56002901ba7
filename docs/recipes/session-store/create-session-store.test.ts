import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../../packages/core/src/testing/servers/free-port.ts';
import { hasRedis, redisCli, redisNote } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { redisForSuite, temporaryFolder } from '../testing/engines.ts';
import { createSessionStore } from './create-session-store.ts';

const player = { username: 'player1', sessionId: 'abc123', createdAt: 1_700_000_000_000, lastActivity: 1 };

describe('createSessionStore', () => {
  const folder = temporaryFolder();
  const inFile = () => ({ defaultPath: join(folder(), 'store.db') });

  it.each([[undefined], [''], ['false'], ['0'], ['no'], ['FALSE'], [' No ']])(
    'keeps sessions in a file when USE_REDIS is %j, and asks no Redis',
    async (USE_REDIS) => {
      const place = inFile();
      const environment = { USE_REDIS, ...(USE_REDIS && { REDIS_URL: `redis://127.0.0.1:${await freePort()}` }) };
      await using store = await createSessionStore(environment, place);
      await store.saveSession('abc123', player);
      await using again = await createSessionStore(environment, place);
      expect(await again.getSession('abc123')).toMatchObject({ username: 'player1' });
    },
  );

  it.each(['maybe', 'on', '2', 'truee'])('refuses %s for USE_REDIS, by the name of the variable', async (USE_REDIS) => {
    await expect(createSessionStore({ USE_REDIS }, inFile())).rejects.toMatchObject({
      code: 'INVALID',
      path: 'USE_REDIS',
      message: expect.stringContaining('USE_REDIS'),
    });
  });

  it('does not keep sessions elsewhere when the Redis that is asked for does not answer', async () => {
    const environment = { USE_REDIS: 'true', REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
    await expect(createSessionStore(environment, inFile())).rejects.toMatchObject({
      code: 'STORAGE',
      path: 'REDIS_URL',
    });
  });

  describe.skipIf(!hasRedis)(`with a Redis${redisNote}`, () => {
    const server = redisForSuite();

    it.each(['true', '1', 'yes', 'TRUE', ' Yes '])('keeps sessions there when USE_REDIS is %j', async (USE_REDIS) => {
      redisCli(server().port, 'FLUSHALL');
      await using store = await createSessionStore({ USE_REDIS, REDIS_URL: server().url }, inFile());
      await store.saveSession('abc123', player);
      expect(redisCli(server().port, 'EXISTS', 'session:abc123')).toBe('1');
    });
  });
});
