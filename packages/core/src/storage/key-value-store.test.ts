import { describe, expect, it } from 'vitest';
import { keyValueStorage } from './key-value.ts';

describe('keyValueStorage and its store', () => {
  it('has the store keep a session for as long as the longest-lived of its parts', async () => {
    const lives: unknown[] = [];
    const kept = new Map<string, string>();
    const storage = keyValueStorage({
      get: (key) => kept.get(key),
      set: (key, value, ttlMs) => {
        lives.push(ttlMs);
        kept.set(key, value);
      },
      delete: (key) => kept.delete(key),
    });
    const [entry, list] = ['room:{1}', 'room:{1}:log'];
    await storage.commit({
      checks: [{ key: entry, version: null }],
      changes: [
        { type: 'set', key: entry, value: '', version: 'v1', ttlMs: 10_000 },
        { type: 'append', key: list, items: ['one'], ttlMs: 90_000 },
        { type: 'append', key: `${list}s`, items: ['one'], ttlMs: 20_000 },
      ],
    });
    await storage.commit({ checks: [], changes: [{ type: 'touch', key: entry, ttlMs: 95_000 }] });
    await storage.commit({ checks: [], changes: [{ type: 'touch', key: list, ttlMs: null }] });
    await storage.commit({ checks: [], changes: [{ type: 'touch', key: entry, ttlMs: 10_000 }] });
    expect(lives).toEqual([90_000, 95_000, undefined, undefined]);
  });

  it('does not close before the store has ended what was begun', async () => {
    const order: string[] = [];
    const stored = Promise.withResolvers<void>();
    const storing = Promise.withResolvers<void>();
    const storage = keyValueStorage({
      get: () => null,
      set: async () => {
        storing.resolve();
        await stored.promise;
        order.push('stored');
      },
      delete: () => {},
    });
    const commit = storage.commit({ checks: [], changes: [{ type: 'append', key: 'a', items: ['x'], ttlMs: null }] });
    await storing.promise;
    const closing = storage.close().then(() => order.push('closed'));
    setImmediate(stored.resolve);
    await closing;
    expect(order).toEqual(['stored', 'closed']);
    expect((await commit).committed).toBe(true);
  });
});
