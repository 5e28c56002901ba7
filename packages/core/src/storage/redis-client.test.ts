import { createClient, RESP_TYPES } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, redisNote, type RedisServer, startRedis } from '../testing/servers/redis-server.ts';
import { redisStorage } from './redis.ts';

describe.skipIf(!hasRedis)(`redisStorage on a client of one's own${redisNote}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  it.each([2, 3] as const)('reads text, whatever types its owner wants for replies of RESP %d', async (RESP) => {
    const connected = await createClient({ url: server.url, RESP }).connect();
    const client = connected.withTypeMapping({
      [RESP_TYPES.BLOB_STRING]: Buffer,
      [RESP_TYPES.SIMPLE_STRING]: Buffer,
      [RESP_TYPES.NUMBER]: String,
    });
    const storage = redisStorage({ client, keyPrefix: `resp ${RESP}:` });
    const changes = [
      { type: 'set', key: 'a', value: 'é', version: 'v1', ttlMs: null },
      { type: 'append', key: 'list', items: ['one'], ttlMs: 60_000 },
    ] as const;
    const transaction = { checks: [{ key: 'a', version: null }], changes } as const;
    expect((await storage.commit(transaction)).committed).toBe(true);
    expect((await storage.commit(transaction)).refused).toEqual([{ key: 'a', entry: { value: 'é', version: 'v1' } }]);
    expect((await storage.read({ entries: ['a'] })).entries).toEqual([{ value: 'é', version: 'v1' }]);
    expect((await storage.read({ lists: [{ key: 'list' }] })).lists).toEqual([{ items: ['one'], length: 1 }]);
    const kinds = (await storage.scan('', null, 100)).found.map(({ key, kind }) => `${key} ${kind}`);
    expect(kinds.toSorted()).toEqual(['a entry', 'list list']);
    await connected.close();
  });
});
