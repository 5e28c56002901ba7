import { describe, expect, it } from 'vitest';
import { seed } from '../../../core/src/testing/seed.ts';
import { hasRedis, redisNote } from '../../../core/src/testing/servers/redis-server.ts';
import { runPipelineTorture } from '../testing/pipelines/torture/torture.ts';

/** Of which a fifth fall on Redis. `KILLS=200` is the long run. */
const kills = Number(process.env['KILLS'] ?? 60);
const onRedis = Math.ceil(kills / 5);

/** A kill -9 at random places: in steps, between two, before a commit is sent and before it is answered. */
describe(`pipelines in processes that die (SEED=${seed})`, () => {
  it('end, and run no finished step again: on one SQLite file', async () => {
    const ended = await runPipelineTorture({ engine: 'sqlite', seed, kills: kills - onRedis, lanes: 4 });
    expect(ended.violations).toEqual([]);
    expect(ended.kills).toBeGreaterThanOrEqual(kills - onRedis);
    expect(Math.min(...Object.values(ended.killsBy))).toBeGreaterThan(0);
  }, 300_000);

  it.skipIf(!hasRedis)(
    `end, and run no finished step again: on one Redis${redisNote}`,
    async () => {
      const ended = await runPipelineTorture({ engine: 'redis', seed, kills: onRedis, lanes: 4 });
      expect(ended.violations).toEqual([]);
      expect(ended.kills).toBeGreaterThanOrEqual(onRedis);
    },
    300_000,
  );
});
