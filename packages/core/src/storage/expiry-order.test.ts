import { describe, expect, it } from 'vitest';
import { ExpiryOrder } from './expiry-order.ts';

function takeAll(order: ExpiryOrder, now: number): string[] {
  const keys: string[] = [];
  for (let key = order.takeDue(now); key !== null; key = order.takeDue(now)) keys.push(key);
  return keys;
}

describe('ExpiryOrder', () => {
  it('gives keys in the order in which they are due, each once, and none before its time', () => {
    const order = new ExpiryOrder();
    order.set('late', 30);
    order.set('early', 10);
    order.set('middle', 20);
    expect(takeAll(order, 9)).toEqual([]);
    expect(takeAll(order, 20)).toEqual(['early', 'middle']);
    expect(takeAll(order, 100)).toEqual(['late']);
    expect(takeAll(order, 100)).toEqual([]);
  });

  it('keeps one place for a key that is prolonged again and again, and the earliest for one that is shortened', () => {
    const order = new ExpiryOrder();
    for (let at = 10; at < 1000; at++) order.set('prolonged', at);
    expect(takeAll(order, 2000)).toEqual(['prolonged']);
    order.set('shortened', 3000);
    order.set('shortened', 2500);
    expect(takeAll(order, 2500)).toEqual(['shortened']);
    expect(takeAll(order, 3000)).toEqual([]);
  });

  it('gives each key once, whatever many others were forgotten, or it was shortened, in between', () => {
    const order = new ExpiryOrder();
    for (let index = 0; index < 10_000; index++) {
      order.set(`${index}`, 1_000_000);
      order.set(`${index}`, null);
      order.set('turning', 1_000_000 - index);
    }
    expect(takeAll(order, 2_000_000)).toEqual(['turning']);
  });
});
