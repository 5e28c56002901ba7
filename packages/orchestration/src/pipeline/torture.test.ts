import { describe, expect, it } from 'vitest';
import { seed } from '../../../core/src/testing/seed.ts';
import { hasRedis, redisNote } from '../../../core/src/testing/servers/redis-server.ts';
import { runPipelineTorture } from '../testing/pipelines/torture/torture.ts';

/** A kill -9 at random places: in steps, between two, before a commit is sent and before it is answered. */
describe(`pipelines in processes that die (SEED=${seed})`, () => {
  it('end, and run no finished step again: on one SQLite file', async () => {
    const { violations, kills, killsBy } = await runPipelineTorture({ engine: 'sqlite', seed, kills: 165, lanes: 4 });
    expect(violations).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(165);
    expect(Math.min(...Object.values(killsBy))).toBeGreaterThan(0);
  }, 300_000);

  it.skipIf(!hasRedis)(
    `end, and run no finished step again: on one Redis${redisNote}`,
    async () => {
      const { violations, kills } = await runPipelineTorture({ engine: 'redis', seed, kills: 35, lanes: 4 });
      expect(violations).toEqual([]);
      expect(kills).toBeGreaterThanOrEqual(35);
    },
    300_000,
  );
});
