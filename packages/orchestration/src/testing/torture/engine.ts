import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageProvider } from '@stateroom/core';
import { startRedis } from '../../../../core/src/testing/servers/redis-server.ts';
import { FaultyProxy, type NetworkFault } from './faulty-proxy.ts';
import type { EngineName } from './worker-reports.ts';

export type EngineFault = NetworkFault | 'restarted' | 'locked';

/** Goes in any order; what has a weight of 20 comes ten times as often as what has one of 2. */
type Weighted = readonly [weight: number, fault: EngineFault];

/** What the workers of a run keep their sessions in, and how it can be made to fail. */
export type Engine = {
  readonly name: EngineName;
  /** By what the worker of this number reaches it. */
  readonly target: (worker: number) => string;
  /** What can go wrong. */
  readonly faults: readonly Weighted[];
  /** Resolves when it goes on. What lasts goes on for `ms`. */
  readonly fail: (fault: EngineFault, worker: number, ms: number) => Promise<void>;
  /** With nothing between. */
  readonly open: () => Promise<StorageProvider>;
  readonly stop: () => Promise<void>;
};

export async function startEngine(name: EngineName, workers: number): Promise<Engine> {
  return name === 'redis' ? redisEngine(workers) : sqliteEngine();
}

/** One server that has written to its file before it answers, and a network of its own for each worker. */
async function redisEngine(workers: number): Promise<Engine> {
  const server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
  const proxies = await Promise.all(Array.from({ length: workers }, () => FaultyProxy.open(server.port)));
  return {
    name: 'redis',
    target: (worker) => `redis://127.0.0.1:${proxies[worker]?.port ?? server.port}`,
    faults: [
      [20, 'lost reply'],
      [15, 'cut'],
      [15, 'delayed'],
      [10, 'half-closed'],
      [8, 'silent'],
      [2, 'restarted'],
    ],
    fail: async (fault, worker, ms) => {
      if (fault === 'locked') return;
      if (fault !== 'restarted') return proxies[worker]?.fail(fault, ms);
      await server.kill();
      await delay(ms / 4);
      await server.restart();
    },
    open: async () => (await import('@stateroom/core/redis')).redisStorage({ url: server.url }),
    stop: async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await server.stop();
    },
  };
}

/** One file, which somebody may keep for himself for a while. */
async function sqliteEngine(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-torture-'));
  const path = join(folder, 'sessions.db');
  const { sqliteStorage } = await import('@stateroom/core/sqlite');
  await sqliteStorage({ path }).close();
  const locker = new DatabaseSync(path);
  locker.exec('PRAGMA busy_timeout = 0');
  return {
    name: 'sqlite',
    target: () => path,
    faults: [[20, 'locked']],
    fail: async (_fault, _worker, ms) => lock(locker, ms),
    open: async () => sqliteStorage({ path }),
    stop: async () => {
      locker.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Keeps the file to itself for a while; not where somebody else does. */
function lock(locker: DatabaseSync, ms: number): void {
  if (locker.isTransaction) return;
  try {
    locker.exec('BEGIN IMMEDIATE');
  } catch {
    return;
  }
  setTimeout(() => {
    if (locker.isOpen) locker.exec('ROLLBACK');
  }, ms);
}
