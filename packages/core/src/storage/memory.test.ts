import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../testing/clock.ts';
import { describeStorage } from '../testing/storage-contract.ts';
import { memoryStorage } from './memory.ts';

const clock = manualClock();
describeStorage('memory', () => memoryStorage({ clock: clock.now }), { describe, it, sleep: clock.advance });

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('memoryStorage', () => {
  const create = (key: string, ttlMs: number | null = null) =>
    ({
      checks: [{ key, version: null }],
      changes: [{ type: 'set', key, value: '', version: 'v1', ttlMs }],
    }) as const;

  it('refuses what would pass its bound, keeps all it has, and makes room by what has expired', async () => {
    const storage = memoryStorage({ maxEntries: 3, clock: clock.now });
    await storage.commit(create('a'));
    await storage.commit(create('b', 1000));
    await storage.commit(create('c'));
    await expect(storage.commit(create('d'))).rejects.toMatchObject({ code: 'LIMIT' });
    expect((await storage.read({ entries: ['a', 'b', 'c', 'd'] })).entries.map(Boolean)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    const update = { type: 'set', key: 'a', value: 'new', version: 'v2', ttlMs: null } as const;
    expect((await storage.commit({ checks: [{ key: 'a', version: 'v1' }], changes: [update] })).committed).toBe(true);
    const swap = {
      checks: [{ key: 'a', version: 'v2' }],
      changes: [{ type: 'delete', key: 'a' }, ...create('e').changes],
    } as const;
    expect((await storage.commit(swap)).committed).toBe(true);
    await clock.advance(1000);
    expect((await storage.commit(create('d'))).committed).toBe(true);
  });

  it('evicts nothing for a key that comes and goes within one commit', async () => {
    const storage = memoryStorage({ maxEntries: 1, clock: clock.now });
    await storage.commit(create('kept'));
    const changes = [
      { type: 'append', key: 'brief', items: ['x'], ttlMs: null },
      { type: 'delete', key: 'brief' },
    ] as const;
    await storage.commit({
      checks: [
        { key: 'kept', version: 'v1' },
        { key: 'brief', length: 0 },
      ],
      changes: [...changes, { type: 'set', key: 'kept', value: '', version: 'v2', ttlMs: null }],
    });
    expect((await storage.read({ entries: ['kept'] })).entries[0]?.version).toBe('v2');
  });

  it('does not grow by keys that were deleted long before their time', async () => {
    const storage = memoryStorage({ clock: clock.now });
    const before = heapInUse();
    for (let index = 0; index < 50_000; index++) {
      const key = `a rather long key of number ${index}`;
      await storage.commit(create(key, 1_000_000_000));
      await storage.commit({ checks: [{ key, version: 'v1' }], changes: [{ type: 'delete', key }] });
    }
    const growth = heapInUse() - before;
    await storage.close(); // Used after the measurement, so that it is not garbage before it.
    expect(growth).toBeLessThan(2_000_000);
  });

  it('gives the memory of what has expired back as it is written to', async () => {
    const storage = memoryStorage({ clock: clock.now });
    const empty = heapInUse();
    for (let index = 0; index < 5000; index++) {
      const set = { type: 'set', key: `${index}`, value: `${index}`.repeat(1000), version: 'v1', ttlMs: 1000 } as const;
      await storage.commit({ checks: [{ key: set.key, version: null }], changes: [set] });
    }
    const full = heapInUse();
    await clock.advance(1000);
    for (let index = 0; index < 200; index++) await storage.commit({ checks: [], changes: [] });
    const left = heapInUse();
    await storage.close();
    expect((left - empty) / (full - empty)).toBeLessThan(0.5);
  });
});
