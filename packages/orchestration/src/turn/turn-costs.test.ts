import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { upstashStorage } from '@stateroom/core/upstash';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasRedis, redisNote, startRedis } from '../../../core/src/testing/servers/redis-server.ts';
import { startUpstash } from '../../../core/src/testing/servers/upstash-server.ts';
import { countFlushes, measureTurns, type TurnCosts } from '../testing/turn-costs.ts';

describe('what a turn costs', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const asPromised = { plain: 2, step: 1, isFlat: true, isReadFlat: true };
  const judged = ({ plain, step, tenth, thousandth, tenthBegin, thousandthBegin }: TurnCosts) => ({
    plain,
    step,
    isFlat: thousandth / tenth < 1.05,
    isReadFlat: thousandthBegin / tenthBegin < 1.05,
  });

  it('is two round trips, one more a further step, and bytes for what was added: memory', async () => {
    expect(judged(await measureTurns(memoryStorage()))).toEqual(asPromised);
  });

  it('is that in a SQLite file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stateroom-turns-'));
    await using storage = sqliteStorage({ path: join(folder, 'room.db') });
    expect(judged(await measureTurns(storage))).toEqual(asPromised);
    rmSync(folder, { recursive: true });
  });

  it.skipIf(!hasRedis)(`is that on Redis${redisNote}`, async () => {
    const server = await startRedis();
    await using storage = redisStorage({ url: server.url });
    expect(judged(await measureTurns(storage))).toEqual(asPromised);
    await server.stop();
  });

  it.skipIf(!hasRedis)(`is that on Upstash${redisNote}`, async () => {
    const server = await startUpstash();
    expect(judged(await measureTurns(upstashStorage({ url: server.url, token: server.token })))).toEqual(asPromised);
    await server.stop();
  });

  it('is about fifty commits for an answer of half a minute and 1,500 chunks', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
    const flushes = await countFlushes(memoryStorage(), { chunks: 1500, everyMs: 20, pass });
    expect(flushes).toBeGreaterThan(40);
    expect(flushes).toBeLessThan(60);
  });
});
