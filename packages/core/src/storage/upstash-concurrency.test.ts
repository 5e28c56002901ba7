import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, redisNote } from '../testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../testing/servers/upstash-server.ts';
import { upstashStorage } from './upstash.ts';

describe.skipIf(!hasRedis)(`upstashStorage with many calls at once${redisNote}`, () => {
  let server: UpstashServer;
  beforeAll(async () => {
    server = await startUpstash();
  });
  afterAll(() => server.stop());

  it('gives each caller its own answer though some fail, by one request for each', async () => {
    const { url, token } = server;
    const storage = upstashStorage({ url, token });
    const keys = Array.from({ length: 20 }, (_, index) => `key ${index}`);
    const set = (key: string) => ({ type: 'set', key, value: `of ${key}`, version: 'v1', ttlMs: null }) as const;
    await storage.commit({
      checks: [{ key: 'key 0', version: null }],
      changes: [...keys.map(set), { type: 'append', key: 'list', items: ['one'], ttlMs: null }],
    });
    server.cost();
    const answers = await Promise.all(
      keys.flatMap((key) => [
        storage.read({ entries: [key] }).then(({ entries }) => entries[0]?.value),
        storage.read({ entries: ['list'] }).catch((error: Error) => error.message),
        storage.commit({ checks: [{ key, version: null }], changes: [] }).then(({ refused }) => refused[0]?.key),
        storage.read({ lists: [{ key }] }).catch((error: Error) => error.message),
      ]),
    );
    const expected = keys.flatMap((key) => [
      `of ${key}`,
      'key "list" was named as an entry but holds a list',
      key,
      `key "${key}" was named as a list but holds an entry`,
    ]);
    expect(answers).toEqual(expected);
    expect(server.cost().requests).toBe(answers.length);
  });
});
