import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { seed } from '../../../core/src/testing/seed.ts';
import { attack } from '../testing/hostile/attack.ts';

describe(`requests that are made to do harm (SEED=${seed})`, () => {
  it('are each answered as the table says, change and tell nothing of others, and leave nothing behind', async () => {
    const report = await attack({ storage: memoryStorage(), seed, requests: 20_000 });
    expect(report.violations).toEqual([]);
    expect(report.requests).toBeGreaterThanOrEqual(20_000);
    // Some of them are valid, and what is not hits sessions with turns.
    expect(report.turns).toBeGreaterThan(500);
    expect(Object.keys(report.statuses)).toEqual(
      expect.arrayContaining(['200', '201', '204', '400', '401', '404', '409', '410', '413']),
    );
    const [first = 0, , last = Infinity] = report.heapBytes;
    // Code that was met for the first time takes a part of it; requests that are kept would double it.
    expect(last / first).toBeLessThan(1.5);
    expect(report.timersLeft).toBeLessThanOrEqual(2);
  }, 600_000);

  it('do no more over sockets, where they also break off', async () => {
    const report = await attack({ storage: memoryStorage(), seed, requests: 1000, isOverHttp: true });
    expect(report.violations).toEqual([]);
    expect(report.turns).toBeGreaterThan(20);
    expect(report.timersLeft).toBeLessThanOrEqual(2);
  }, 600_000);
});
