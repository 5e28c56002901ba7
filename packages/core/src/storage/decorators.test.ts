import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '../session/result.ts';
import { increment, manage } from '../session/test-sessions.ts';
import { manualClock } from '../testing/clock.ts';
import { flaky } from '../testing/flaky.ts';
import { type RedisCluster, startCluster } from '../testing/servers/redis-cluster.ts';
import { hasRedis, redisNote } from '../testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../testing/servers/upstash-server.ts';
import { type ContractRunner, describeStorage } from '../testing/storage-contract.ts';
import { type EncryptionKey, encrypted } from './encrypted.ts';
import { keyValueStorage } from './key-value.ts';
import { memoryStorage } from './memory.ts';
import { observed, type StorageCommand } from './observed.ts';
import type { StorageProvider } from './provider.ts';
import { redisStorage } from './redis.ts';
import { sqliteStorage } from './sqlite.ts';
import { upstashStorage } from './upstash.ts';

const clock = manualClock();
const create = () => memoryStorage({ clock: clock.now });
const newKey = (id: string): EncryptionKey => ({ id, secret: crypto.getRandomValues(new Uint8Array(32)) });

/** Both at once, around any provider. */
const decorated = (storage: StorageProvider) =>
  observed(encrypted(storage, { keys: [newKey('a')] }), { onCommand: () => {} });
const timeoutMs = 30_000;
/** WebCrypto takes some 40 µs for an item, however short: so many are encrypted around memory, and not around all. */
const huge = 'a list holds 100,000 items';
const add: ContractRunner['it'] = it;
const around: ContractRunner = {
  describe,
  it: (name, test, ms) => (name.startsWith(huge) ? null : add(name, test, ms)),
  timeoutMs,
};

describeStorage('memory, encrypted', () => encrypted(create(), { keys: [newKey('a')] }), {
  describe,
  it,
  sleep: clock.advance,
  timeoutMs,
});
describeStorage('memory, observed', () => observed(create(), { onCommand: () => {} }), {
  describe,
  it,
  sleep: clock.advance,
});
describeStorage('SQLite, encrypted and observed', () => decorated(sqliteStorage({ path: ':memory:' })), around);
describeStorage('key-value, encrypted and observed', () => decorated(keyValueStorage(new Map())), around);

describe.skipIf(!hasRedis)(`around a server${redisNote}`, () => {
  let upstash: UpstashServer;
  let cluster: RedisCluster;
  let created = 0;
  const ownKeys = () => ({ keyPrefix: `{${created++}}:` });
  beforeAll(async () => {
    upstash = await startUpstash();
    cluster = await startCluster();
  });
  afterAll(async () => {
    await upstash.stop();
    await cluster.stop();
  });

  const servers = new Map([
    ['Redis', () => redisStorage({ url: upstash.redis.url, ...ownKeys() })],
    [
      'Redis Cluster',
      () => redisStorage({ cluster: { rootNodes: cluster.urls.map((url) => ({ url })) }, ...ownKeys() }),
    ],
    ['Upstash', () => upstashStorage({ url: upstash.url, token: upstash.token, ...ownKeys() })],
  ]);
  for (const [name, open] of servers) {
    describeStorage(`${name}, encrypted and observed`, () => decorated(open()), around);
  }
});

const put = (key: string, value: string) =>
  ({ checks: [{ key, version: null }], changes: [{ type: 'set', key, value, version: 'v1', ttlMs: null }] }) as const;
const append = (key: string, item: string) =>
  ({ checks: [], changes: [{ type: 'append', key, items: [item], ttlMs: null }] }) as const;

describe('encrypted', () => {
  it('lets no value or item reach the storage in the clear, nor the same one look the same twice', async () => {
    const storage = create();
    const secret = encrypted(storage, { keys: [newKey('a')] });
    await secret.commit(put('one', 'the treasure'));
    await secret.commit(put('two', 'the treasure'));
    await secret.commit(append('list', 'the map'));
    const { entries, lists } = await storage.read({ entries: ['one', 'two'], lists: [{ key: 'list' }] });
    const stored = [...entries.map((entry) => entry?.value ?? ''), ...(lists[0]?.items ?? [])];
    expect(new Set(stored).size).toBe(3);
    for (const text of stored) expect(atob(text.slice(2, 18)) + atob(text.slice(18))).not.toMatch(/treasure|map/);
  });

  it('refuses a value that was changed, or put in the place of another key, version or kind', async () => {
    const storage = create();
    const secret = encrypted(storage, { keys: [newKey('a')] });
    await secret.commit(put('one', 'mine'));
    await secret.commit(append('list', 'item'));
    const { entries, lists } = await storage.read({ entries: ['one'], lists: [{ key: 'list' }] });
    const value = entries[0]?.value ?? '';
    const flipped = value.replace(/.(?==*$)/, (last) => (last === 'A' ? 'Q' : 'A'));
    await storage.commit(put('two', value));
    await storage.commit({
      checks: [{ key: 'one', version: 'v1' }],
      changes: [
        { type: 'set', key: 'one', value, version: 'v2', ttlMs: null },
        { type: 'append', key: 'other', items: lists[0]?.items ?? [], ttlMs: null },
        { type: 'append', key: 'kind', items: [value], ttlMs: null },
      ],
    });
    await storage.commit(put('three', flipped));
    for (const reads of [
      { entries: ['one'] },
      { entries: ['two'] },
      { entries: ['three'] },
      { lists: [{ key: 'other' }] },
      { lists: [{ key: 'kind' }] },
    ]) {
      await expect(secret.read(reads)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    }
  });

  it('goes on reading what an older key wrote, writes with the first, and names the key that is missing', async () => {
    const storage = create();
    const [older, newer] = [newKey('2025'), newKey('2026')];
    const sessions = manage(encrypted(storage, { keys: [older] }));
    const { sessionId } = unwrap(await sessions.createSession());
    const rotated = manage(encrypted(storage, { keys: [newer, older] }));
    expect(unwrap(await rotated.updateSession(sessionId, increment)).data.count).toBe(1);
    const missing = { error: { code: 'INVALID_STATE', message: expect.stringContaining('"2026"') } };
    expect(await sessions.getSession(sessionId)).toMatchObject(missing);
    expect(unwrap(await manage(encrypted(storage, { keys: [newer] })).getSession(sessionId)).data.count).toBe(1);
  });

  it.each([
    ['keys[0].id', [{ ...newKey('a'), id: 'a.b' }]],
    ['keys[0].secret', [{ id: 'a', secret: new Uint8Array(16) }]],
    ['keys', [newKey('a'), newKey('a')]],
  ] as const)('refuses %s that cannot be right', (path, keys) => {
    const [first, ...others] = keys;
    expect(() => encrypted(create(), { keys: [first, ...others] })).toThrow(
      expect.objectContaining({ code: 'INVALID', path }),
    );
  });
});

describe('observed', () => {
  it('tells each command with its bytes and its outcome', async () => {
    const seen: StorageCommand[] = [];
    const network = flaky(create(), { losesReply: (commit) => commit === 3 });
    const storage = observed(network, { onCommand: (command) => seen.push(command) });
    await storage.commit(put('kéy', '🛳ab'));
    await storage.commit(put('kéy', 'ab'));
    await storage.commit(append('list', 'item')).catch(() => {});
    await storage.read({ entries: ['kéy', 'none'], lists: [{ key: 'list' }] });
    await storage.scan('k', null, 10);
    await storage.ping();
    await storage.close();
    await storage.ping().catch(() => {});
    expect(
      seen.map(({ method, outcome, sentBytes, receivedBytes }) => [method, outcome, sentBytes, receivedBytes]),
    ).toEqual([
      ['commit', 'ok', 4 + 4 + 6 + 2, 0],
      ['commit', 'refused', 4 + 4 + 2 + 2, 6 + 2],
      ['commit', 'UNKNOWN_OUTCOME', 8, 0],
      ['read', 'ok', 12, 8 + 4],
      ['scan', 'ok', 1, 4],
      ['ping', 'ok', 0, 0],
      ['ping', 'STORAGE', 0, 0],
    ]);
    expect(seen.every(({ durationMs, storage: name }) => durationMs >= 0 && name === 'memory')).toBe(true);
  });
});
