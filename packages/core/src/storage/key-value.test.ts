import { describe, expect, it } from 'vitest';
import { unwrap } from '../session/result.ts';
import { increment, manage } from '../session/test-sessions.ts';
import { describeStorage } from '../testing/storage-contract.ts';
import { type KeyValueStore, keyValueStorage } from './key-value.ts';

describeStorage('key-value', () => keyValueStorage(new Map()), { describe, it });

const withoutKeys = (map = new Map<string, string>()): KeyValueStore => ({
  get: async (key) => map.get(key),
  set: async (key, value) => map.set(key, value),
  delete: async (key) => map.delete(key),
});
describe('keyValueStorage', () => {
  it('keeps a session as one value, and leaves none behind', async () => {
    const store = new Map<string, string>();
    const sessions = manage(keyValueStorage(store));
    const { sessionId } = unwrap(await sessions.createSession());
    unwrap(await sessions.updateSession(sessionId, increment, { append: { log: ['one'] } }));
    expect([...store.keys()]).toEqual([`sessions:{${sessionId}}`]);
    await sessions.deleteSession(sessionId);
    expect(store.size).toBe(0);
  });

  it('tells the store how long the longest of a session lives, and nothing of what is for ever', async () => {
    const lives: unknown[] = [];
    const storage = keyValueStorage({ ...withoutKeys(), set: (_key, _value, ttlMs) => lives.push(ttlMs) });
    const append = (ttlMs: number | null) => ({ type: 'append', key: 'list', items: ['x'], ttlMs }) as const;
    await storage.commit({ checks: [], changes: [append(500)] });
    await storage.commit({ checks: [], changes: [append(null)] });
    expect(lives).toEqual([500, undefined]);
  });

  it('tells a store that fails as STORAGE on the way there and UNKNOWN_OUTCOME in the midst, never as absence', async () => {
    const fails = () => Promise.reject(new Error('disk'));
    const append = { checks: [], changes: [{ type: 'append', key: 'list', items: ['x'], ttlMs: null }] } as const;
    const unreadable = keyValueStorage({ ...withoutKeys(), get: fails });
    await expect(unreadable.read({ entries: ['a'] })).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(unreadable.commit(append)).rejects.toMatchObject({ code: 'STORAGE' });
    const unwritable = keyValueStorage({ ...withoutKeys(), set: fails });
    await expect(unwritable.commit(append)).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
  });

  it('takes neither a refused set for a success, nor a value that is no text for absence', async () => {
    const full = keyValueStorage({ ...withoutKeys(), set: async () => false });
    expect(await manage(full).createSession()).toMatchObject({ error: { code: 'STORAGE' } });
    const kept = new Map<string, unknown>();
    const parsing = {
      ...withoutKeys(),
      get: (key: string) => kept.get(key),
      set: (key: string, text: string) => kept.set(key, JSON.parse(text)),
    };
    const sessions = manage(keyValueStorage(parsing));
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    for (const result of [await sessions.getSession('a'), await sessions.createSession({ sessionId: 'a' })]) {
      expect(result).toMatchObject({
        error: { code: 'STORAGE', message: expect.stringContaining('of the type object') },
      });
    }
  });

  it.each(['not JSON', '{}', '{"entries":[["a",1]],"lists":[]}', '{"entries":3,"lists":[]}'])(
    'leaves %s as it is, and does not take it for absence',
    async (foreign) => {
      const store = new Map([['room:{1}', foreign]]);
      const storage = keyValueStorage(store);
      await expect(storage.read({ entries: ['room:{1}'] })).rejects.toMatchObject({ code: 'STORAGE' });
      const changes = [{ type: 'append', key: 'room:{1}:list', items: ['x'], ttlMs: null }] as const;
      await expect(storage.commit({ checks: [], changes })).rejects.toMatchObject({ code: 'STORAGE' });
      expect(store.get('room:{1}')).toBe(foreign);
    },
  );

  it('needs no keys() but for scans', async () => {
    const storage = keyValueStorage(withoutKeys());
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    await Promise.all(Array.from({ length: 50 }, () => sessions.updateSession(sessionId, increment)));
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(50);
    await expect(storage.scan('', null, 10)).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('says INVALID, and what to do, to a commit over two sessions', async () => {
    const checks = ['room:{1}', 'room:{2}'].map((key) => ({ key, version: null }));
    const across = keyValueStorage(new Map()).commit({ checks, changes: [] });
    await expect(across).rejects.toMatchObject({ code: 'INVALID', message: expect.stringContaining('name:{tag}') });
  });
});
