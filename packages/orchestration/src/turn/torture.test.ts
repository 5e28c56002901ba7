import { describe, expect, it } from 'vitest';
import { seed } from '../../../core/src/testing/seed.ts';
import { hasRedis, redisNote } from '../../../core/src/testing/servers/redis-server.ts';
import { runTorture } from '../testing/torture/torture.ts';

const none = { lost: 0, doubled: 0, foreign: 0, invalid: 0, stuck: 0, broken: 0 };
const everySeconds = 120;

/** A short run; `pnpm torture` makes long ones. */
describe(`turns in processes that die and stand still (SEED=${seed})`, () => {
  it('keep what they promise on one SQLite file', async () => {
    const summary = await runTorture({ engine: 'sqlite', seed, faults: 60, seconds: everySeconds });
    expect([summary.violations, summary.examples]).toEqual([none, []]);
    expect(Object.keys(summary.faultsByKind)).toEqual(expect.arrayContaining(['killed', 'paused', 'locked']));
    expect(summary.faults).toBeGreaterThanOrEqual(60);
    expect(summary.acknowledgedByKind['ended']).toBeGreaterThanOrEqual(4);
  }, 300_000);

  it.skipIf(!hasRedis)(
    `keep what they promise on one Redis, over networks that fail${redisNote}`,
    async () => {
      const summary = await runTorture({ engine: 'redis', seed, faults: 120, seconds: everySeconds });
      expect([summary.violations, summary.examples]).toEqual([none, []]);
      const kinds = ['killed', 'paused', 'restarted', 'cut', 'half-closed', 'delayed', 'silent', 'lost reply'];
      expect(Object.keys(summary.faultsByKind)).toEqual(expect.arrayContaining(kinds));
      expect(summary.faults).toBeGreaterThanOrEqual(120);
      expect(summary.acknowledgedByKind['ended']).toBeGreaterThanOrEqual(4);
    },
    300_000,
  );
});
