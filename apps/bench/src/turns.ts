import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { upstashStorage } from '@stateroom/core/upstash';
import { hasRedis, startRedis } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { startUpstash } from '../../../packages/core/src/testing/servers/upstash-server.ts';
import { countFlushes, measureTurns } from '../../../packages/orchestration/src/testing/turn-costs.ts';
import { print } from './measure.ts';

const head = [
  ['storage', 'plain turn', 'a further step', 'bytes of turn 10', 'of turn 1,000'],
  ['bytes that begin 10 reads', 'begin 1,000', 'flushes of 30 s'],
].flat();

/** What a turn costs on each storage: round trips, bytes sent, and bytes that its begin reads. Tool calls inside a model step cost nothing. */
export async function turns(): Promise<void> {
  print(`turns\n  ${head.join(' | ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-bench-'));
  await row(memoryStorage());
  await row(sqliteStorage({ path: join(folder, 'room.db') }));
  rmSync(folder, { recursive: true });
  if (!hasRedis) return print('  Redis and Upstash are skipped: there is no redis-server');
  const redis = await startRedis();
  await row(redisStorage({ url: redis.url }));
  await redis.stop();
  const upstash = await startUpstash();
  await row(upstashStorage({ url: upstash.url, token: upstash.token }));
  await upstash.stop();
}

async function row(storage: StorageProvider): Promise<void> {
  const { plain, step, tenth, thousandth, tenthBegin, thousandthBegin } = await measureTurns(storage);
  const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const flushes = await countFlushes(storage, { chunks: 1500, everyMs: 20, pass });
  print(`  ${[storage.name, plain, step, tenth, thousandth, tenthBegin, thousandthBegin, flushes].join(' | ')}`);
  await storage.close();
}
