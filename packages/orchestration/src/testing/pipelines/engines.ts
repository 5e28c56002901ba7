import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { upstashStorage } from '@stateroom/core/upstash';
import { afterAll, beforeAll, describe } from 'vitest';
import {
  hasRedis,
  redisCli,
  redisNote,
  type RedisServer,
  startRedis,
} from '../../../../core/src/testing/servers/redis-server.ts';
import { startUpstash } from '../../../../core/src/testing/servers/upstash-server.ts';

/** A new, empty storage each time. */
export type OpenStorage = () => StorageProvider;

/** Runs a suite on memory, on SQLite files, on a real Redis, and on that through the protocol of Upstash. */
export function onEachStorage(suite: (open: OpenStorage) => void): void {
  describe('in memory', () => {
    suite(() => memoryStorage());
  });

  describe('in a SQLite file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'stateroom-pipelines-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    let files = 0;
    suite(() => sqliteStorage({ path: join(folder, `${(files += 1)}.db`) }));
  });

  describe.skipIf(!hasRedis)(`on Redis${redisNote}`, () => {
    let server: RedisServer | undefined;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server?.stop());
    suite(() => {
      if (server === undefined) throw new Error('the server runs during tests alone');
      redisCli(server.port, 'FLUSHALL');
      return redisStorage({ url: server.url });
    });
  });

  describe.skipIf(!hasRedis)(`on Upstash${redisNote}`, () => {
    let server: Awaited<ReturnType<typeof startUpstash>> | undefined;
    beforeAll(async () => {
      server = await startUpstash();
    });
    afterAll(() => server?.stop());
    let prefixes = 0;
    suite(() => {
      if (server === undefined) throw new Error('the server runs during tests alone');
      return upstashStorage({ url: server.url, token: server.token, keyPrefix: `${(prefixes += 1)}` });
    });
  });
}
