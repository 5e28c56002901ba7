import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '../session/result.ts';
import { increment, manage } from '../session/test-sessions.ts';
import { type RedisCluster, startCluster } from '../testing/servers/redis-cluster.ts';
import { startWatchedRedis, type WatchedRedis } from '../testing/servers/redis-sentinel.ts';
import { hasRedis, redisCli, redisNote, type RedisServer, startRedis } from '../testing/servers/redis-server.ts';
import { describeStorage } from '../testing/storage-contract.ts';
import { redisStorage } from './redis.ts';

let created = 0;
const ownKeys = () => ({ keyPrefix: `{${created++}}:` });

describe.skipIf(!hasRedis)(`redisStorage on one server${redisNote}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  describeStorage('redis', () => redisStorage({ url: server.url, ...ownKeys() }), { describe, it });

  it('keeps what redis-cli can read: the version, a line feed, the value; lists as lists', async () => {
    await using storage = redisStorage({ url: server.url });
    await storage.commit({
      checks: [{ key: 'room:{7}', version: null }],
      changes: [
        { type: 'set', key: 'room:{7}', value: '{"count":1}', version: 'v1', ttlMs: 60_000 },
        { type: 'append', key: 'room:{7}:log', items: ['one', 'two'], ttlMs: null },
      ],
    });
    expect(redisCli(server.port, 'GET', 'room:{7}')).toBe('v1\n{"count":1}');
    expect(redisCli(server.port, 'LRANGE', 'room:{7}:log', '0', '-1')).toBe('one\ntwo');
  });

  it('does not take the keys of others for its own, nor write over them', async () => {
    await using storage = redisStorage({ url: server.url });
    redisCli(server.port, 'SET', 'foreign', 'text');
    redisCli(server.port, 'HSET', 'hash', 'field', 'text');
    await expect(storage.read({ entries: ['foreign'] })).rejects.toMatchObject({ code: 'STORAGE' });
    for (const key of ['foreign', 'hash']) {
      const changes = [{ type: 'set', key, value: '', version: 'v1', ttlMs: null }] as const;
      await expect(storage.commit({ checks: [{ key, version: null }], changes })).rejects.toMatchObject({
        code: 'INVALID',
      });
    }
    expect(redisCli(server.port, 'GET', 'foreign')).toBe('text');
    expect((await storage.scan('hash', null, 100)).found).toEqual([]);
  });

  it('works on a client that somebody else connects and closes', async () => {
    const client = await createClient({ url: server.url }).connect();
    const storage = redisStorage({ client, ...ownKeys() });
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    expect(unwrap(await sessions.updateSession(sessionId, increment)).data.count).toBe(1);
    await storage.close();
    expect(await client.ping()).toBe('PONG');
    await client.close();
  });

  it('says at once what the server said to a password that is refused, and does not go on asking', async () => {
    const closed = await startRedis();
    redisCli(closed.port, 'CONFIG', 'SET', 'requirepass', 'right');
    const connections = () =>
      Number(/total_connections_received:(\d+)/.exec(redisCli(closed.port, '-a', 'right', 'INFO', 'stats'))?.[1]);
    const before = connections();
    for (const [password, word] of [
      ['wrong', 'WRONGPASS'],
      ['', 'NOAUTH'],
    ]) {
      await using storage = redisStorage({ url: closed.url.replace('redis://', `redis://:${password}@`) });
      const refused = { code: 'STORAGE', message: expect.stringContaining(word ?? '') };
      await expect(storage.read({ entries: ['a'] })).rejects.toMatchObject(refused);
      await expect(storage.scan('', null, 5)).rejects.toMatchObject(refused);
      expect(await manage(storage).createSession()).toMatchObject({ success: false, error: refused });
    }
    expect(connections() - before).toBeLessThan(15);
    await closed.stop();
  });

  it('does not say that a commit has failed which took effect, though its answer cannot be read', async () => {
    await using storage = redisStorage({ url: server.url });
    redisCli(server.port, 'SET', 'odd', 'text');
    const changes = [{ type: 'set', key: 'own', value: '1', version: 'v1', ttlMs: null }] as const;
    const transaction = { checks: [{ key: 'own', version: null }], changes, reads: { entries: ['odd'] } };
    await expect(storage.commit(transaction)).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    expect((await storage.read({ entries: ['own'] })).entries[0]?.version).toBe('v1');
  });

  it.each([
    ['url', { url: 'http://host' }],
    ['url', { url: 'redis://host/abc' }],
    ['url', { url: 'redis://:50%@host' }],
    ['client', { client: undefined }],
    ['client', { client: {} }],
  ])('refuses a %s that cannot be right: %o', (path, options) => {
    // As one may call it without types.
    const open = () => Reflect.apply(redisStorage, null, [options]);
    expect(open).toThrow(expect.objectContaining({ code: 'INVALID', path }));
  });

  it('warns by ping of a server that may evict sessions', async () => {
    const warnings: unknown[] = [];
    const warn = (fields: object) => void warnings.push(fields);
    const logger = { debug: warn, info: warn, warn, error: warn };
    await using storage = redisStorage({ url: server.url, logger });
    await storage.ping();
    expect(warnings).toEqual([]);
    redisCli(server.port, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await storage.ping();
    redisCli(server.port, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(warnings).toEqual([{ policy: 'allkeys-lru' }]);
  });

  it('changes nothing, and says STORAGE, when the memory of the server is full', async () => {
    await using storage = redisStorage({ url: server.url, ...ownKeys() });
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    redisCli(server.port, 'CONFIG', 'SET', 'maxmemory', '1');
    expect(await sessions.updateSession(sessionId, increment)).toMatchObject({ error: { code: 'STORAGE' } });
    redisCli(server.port, 'CONFIG', 'SET', 'maxmemory', '0');
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(0);
  });

  it('50 writers of five clients lose no update of one session', async () => {
    const keys = ownKeys();
    const storages = Array.from({ length: 5 }, () => redisStorage({ url: server.url, ...keys }));
    const managers = storages.map((storage) => manage(storage));
    const { sessionId } = unwrap(await manage(storages[0] ?? redisStorage({ url: server.url })).createSession());
    const update = async (sessions: (typeof managers)[number]) => {
      for (let times = 0; times < 10; times++) unwrap(await sessions.updateSession(sessionId, increment));
    };
    await Promise.all(Array.from({ length: 10 }, () => managers.map(update)).flat());
    const counts = await Promise.all(
      managers.map(async (sessions) => unwrap(await sessions.getSession(sessionId)).data.count),
    );
    expect(counts).toEqual([500, 500, 500, 500, 500]);
    await Promise.all(storages.map((storage) => storage.close()));
  });
});

describe.skipIf(!hasRedis)(`redisStorage on a cluster${redisNote}`, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());
  const open = (keyPrefix = '') =>
    redisStorage({ cluster: { rootNodes: cluster.urls.map((url) => ({ url })) }, keyPrefix });

  describeStorage('redis cluster', () => open(ownKeys().keyPrefix), { describe, it });

  it('spreads sessions over the nodes, keeps the keys of each together, and finds all by scan', async () => {
    await using storage = open();
    const sessions = manage(storage);
    const ids = Array.from({ length: 60 }, (_, index) => `guest-${index}`);
    await Promise.all(ids.map((sessionId) => sessions.createSession({ sessionId })));
    await Promise.all(ids.map(async (id) => unwrap(await sessions.updateSession(id, increment))));
    const found = new Set<string>();
    for (let cursor: string | null = null, page; page === undefined || cursor !== null;) {
      page = await storage.scan('sessions:', cursor, 10);
      for (const { key } of page.found) found.add(key);
      cursor = page.cursor;
    }
    expect(found.size).toBe(120);
    const counts = cluster.urls.map((url) => Number(redisCli(Number(new URL(url).port), 'DBSIZE')));
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('goes on where a cursor says for whoever asks, and finds all though connections are cut amid a scan', async () => {
    await using storage = open(ownKeys().keyPrefix.replace(/[{}]/g, ''));
    const keys = Array.from({ length: 600 }, (_, index) => `{${index}}`);
    await Promise.all(
      keys.map((key) => storage.commit({ checks: [], changes: [{ type: 'append', key, items: ['x'], ttlMs: null }] })),
    );
    const first = await storage.scan('', null, 100);
    const again = new Set((await storage.scan('', first.cursor, 100)).found.map(({ key }) => key));
    const onceMore = (await storage.scan('', first.cursor, 100)).found.map(({ key }) => key);
    // The page of a server whose tables grow or shrink just then ends elsewhere, but begins where the cursor says.
    expect(onceMore.filter((key) => again.has(key)).length).toBeGreaterThan(onceMore.length / 2);
    const found = new Set<string>();
    for (let cursor: string | null = null, page; page === undefined || cursor !== null;) {
      for (const url of cluster.urls) redisCli(Number(new URL(url).port), 'CLIENT', 'KILL', 'TYPE', 'normal');
      page = await storage.scan('', cursor, 50);
      for (const { key } of page.found) found.add(key);
      cursor = page.cursor;
    }
    expect(found.size).toBe(600);
  });

  it('says INVALID, and what to do, to keys that are on different nodes', async () => {
    await using storage = open();
    const reads = { entries: ['a', 'b', 'c', 'd'] };
    await expect(storage.read(reads)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('{tag}'),
    });
  });
});

describe.skipIf(!hasRedis)(`redisStorage behind sentinels${redisNote}`, () => {
  let watched: WatchedRedis;
  beforeAll(async () => {
    watched = await startWatchedRedis();
  });
  afterAll(() => watched.stop());

  it('goes on with the new master after a failover', async () => {
    const { masterName: name, sentinelPort: port } = watched;
    await using storage = redisStorage({ sentinel: { name, sentinelRootNodes: [{ host: '127.0.0.1', port }] } });
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    unwrap(await sessions.updateSession(sessionId, increment));
    await watched.failOver();
    unwrap(await sessions.updateSession(sessionId, increment));
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(2);
  });
});
