import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { manualClock } from '@stateroom/core/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import {
  hasRedis,
  redisCli,
  redisNote,
  type RedisServer,
  startRedis,
} from '../../../packages/core/src/testing/servers/redis-server.ts';

/** What a recipe's suite runs on. */
export type Engine = {
  /** A new, empty storage each time. */
  readonly open: () => StorageProvider | Promise<StorageProvider>;
  readonly clock: () => number;
  /** Lets the clock of the storage go on. */
  readonly sleep: (ms: number) => Promise<void>;
};

/** Runs a suite on memory with a clock that is moved by hand, on SQLite files, and on a real Redis. */
export function onEachEngine(suite: (engine: Engine) => void): void {
  describe('in memory', () => {
    const clock = manualClock();
    suite({ open: () => memoryStorage({ clock: clock.now }), clock: clock.now, sleep: clock.advance });
  });

  describe('in a SQLite file', () => {
    const folder = temporaryFolder();
    suite({ open: () => sqliteStorage({ path: join(folder(), 'sessions.db') }), clock: Date.now, sleep: delay });
  });

  describe.skipIf(!hasRedis)(`on Redis${redisNote}`, () => {
    const server = redisForSuite();
    const open = () => {
      redisCli(server().port, 'FLUSHALL');
      return redisStorage({ url: server().url });
    };
    suite({ open, clock: Date.now, sleep: delay });
  });
}

/** A redis-server of its own for all tests of the suite around it. */
export function redisForSuite(): () => RedisServer {
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  return () => {
    if (server === undefined) throw new Error('the server runs during tests alone');
    return server;
  };
}

/** A new folder each time, taken away after the suite. */
export function temporaryFolder(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-recipes-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return () => mkdtempSync(join(folder, 'test-'));
}
