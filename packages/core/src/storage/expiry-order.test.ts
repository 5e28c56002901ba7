import { describe, expect, it } from 'vitest';
import { ExpiryOrder } from './expiry-order.ts';

/** An owner as a storage is one: it notes for when each of its keys is queued. */
function owner() {
  const owned = new Map<string, { readonly queuedAt: number | null }>();
  const order = new ExpiryOrder(owned);
  return {
    order,
    put: (key: string, expiresAt: number | null) => {
      owned.set(key, { queuedAt: order.queue(key, expiresAt, owned.get(key)?.queuedAt ?? null) });
      order.sweep();
    },
    remove: (key: string) => {
      owned.delete(key);
      order.sweep();
    },
    takeAll: (now: number) => {
      const keys: string[] = [];
      for (let key = order.takeDue(now); key !== null; key = order.takeDue(now)) {
        keys.push(key);
        owned.delete(key);
      }
      return keys;
    },
  };
}

describe('ExpiryOrder', () => {
  it('gives keys in the order in which they are due, each once, and none before its time', () => {
    const { put, takeAll } = owner();
    put('late', 30);
    put('early', 10);
    put('middle', 20);
    put('never', null);
    expect(takeAll(9)).toEqual([]);
    expect(takeAll(20)).toEqual(['early', 'middle']);
    expect(takeAll(100)).toEqual(['late']);
    expect(takeAll(100)).toEqual([]);
  });

  it('keeps one place for a key that is prolonged again and again, and the earliest for one that is shortened', () => {
    const { put, takeAll } = owner();
    for (let at = 10; at < 1000; at++) put('prolonged', at);
    expect(takeAll(10)).toEqual(['prolonged']);
    put('shortened', 3000);
    put('shortened', 2500);
    expect(takeAll(2500)).toEqual(['shortened']);
    expect(takeAll(3000)).toEqual([]);
  });

  it('gives each key once, however many others were forgotten, or it was shortened, in between', () => {
    const { put, remove, takeAll } = owner();
    for (let index = 0; index < 10_000; index++) {
      put(`${index}`, 1_000_000);
      remove(`${index}`);
      put('turning', 1_000_000 - index);
    }
    expect(takeAll(2_000_000)).toEqual(['turning']);
  });
});
