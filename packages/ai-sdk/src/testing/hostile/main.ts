/** `pnpm hostile`: REQUESTS says how many, SEED which ones, STORAGE on what alone. Prints one line for each storage. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { upstashStorage } from '@stateroom/core/upstash';
import { startRedis } from '../../../../core/src/testing/servers/redis-server.ts';
import { startUpstash } from '../../../../core/src/testing/servers/upstash-server.ts';
import { attack } from './attack.ts';

const { SEED, STORAGE, REQUESTS = '100000' } = process.env;
const seed = Number(SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]) | 0;

type OnStorage = (use: (storage: StorageProvider) => Promise<void>) => Promise<void>;

const storages: Readonly<Record<string, OnStorage>> = {
  memory: async (use) => use(memoryStorage()),
  sqlite: async (use) => {
    const folder = mkdtempSync(join(tmpdir(), 'stateroom-hostile-'));
    await use(sqliteStorage({ path: join(folder, 'sessions.db') }));
    rmSync(folder, { recursive: true });
  },
  redis: async (use) => {
    const server = await startRedis();
    await use(redisStorage({ url: server.url }));
    await server.stop();
  },
  upstash: async (use) => {
    const server = await startUpstash();
    await use(upstashStorage({ url: server.url, token: server.token }));
    await server.stop();
  },
};

process.stdout.write(`SEED=${seed}\n`);
for (const [name, onStorage] of Object.entries(storages)) {
  if (STORAGE !== undefined && STORAGE !== name) continue;
  await onStorage(async (storage) => {
    const { violations, ...report } = await attack({ storage, seed, requests: Number(REQUESTS) });
    await storage.close();
    process.stdout.write(`${JSON.stringify({ storage: name, ...report, violations: violations.length })}\n`);
    for (const violation of violations) process.stdout.write(`${violation}\n`);
    if (violations.length > 0) process.exitCode = 1;
  });
}
