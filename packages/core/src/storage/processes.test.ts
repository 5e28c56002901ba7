import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '../session/result.ts';
import { manage } from '../session/test-sessions.ts';
import { hasRedis, redisCli, redisNote } from '../testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../testing/servers/upstash-server.ts';
import type { Account, Task } from './processes.test-process.ts';
import type { StorageProvider } from './provider.ts';
import { redisStorage } from './redis.ts';
import { sqliteStorage } from './sqlite.ts';
import { upstashStorage } from './upstash.ts';

/** Give SEED to have the same replies lost again. */
const seed = Number(process.env['SEED'] ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const processes = 4;
const rounds = 100;

async function runProcess(task: Task): Promise<Account> {
  const file = join(import.meta.dirname, 'processes.test-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(task)]);
  return JSON.parse(stdout);
}

async function prove(storage: StorageProvider, task: Pick<Task, 'engine' | 'target' | 'token' | 'lostOfTen'>) {
  const sessions = manage(storage);
  unwrap(await sessions.createSession({ sessionId: 'shared' }));
  const accounts = await Promise.all(
    Array.from({ length: processes }, (_, index) =>
      runProcess({ ...task, name: `p${index}`, seed: seed + index, rounds }),
    ),
  );
  const { data, lists } = unwrap(await sessions.getSession('shared', { lists: { log: {} } }));
  const visits = (await storage.read({ lists: [{ key: 'room:{lease}:visits' }] })).lists[0]?.items ?? [];
  return { accounts, count: data.count, log: (lists.log?.items ?? []).map(String), visits };
}

/** What must be none of: each thing done is there once, each thing there was done, and no two held the lease at once. */
function faultsOf({ accounts, count, log, visits }: Awaited<ReturnType<typeof prove>>) {
  const done = accounts.flatMap((account) => account.done);
  const maybe = new Set([...done, ...accounts.flatMap((account) => account.unknown)]);
  const leases = accounts.reduce((sum, account) => sum + account.leases, 0);
  return {
    lost: done.filter((item) => !log.includes(item)),
    doubled: log.filter((item, index) => log.indexOf(item) !== index),
    nobodys: log.filter((item) => !maybe.has(item)),
    miscounted: count - log.length,
    missingVisits: 2 * leases - visits.length,
    outOfTurn: visits.filter(
      (visit, index) => index % 2 === 1 && visit !== visits[index - 1]?.replace('enter', 'leave'),
    ),
  };
}

const none = { lost: [], doubled: [], nobodys: [], miscounted: 0, missingVisits: 0, outOfTurn: [] };

describe(`four processes on one storage lose and double nothing (SEED=${seed})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([[0], [3]])(
    'on one SQLite file, with %d of ten replies lost',
    async (lostOfTen) => {
      const target = join(folder, `${lostOfTen}.db`);
      await using storage = sqliteStorage({ path: target });
      expect(faultsOf(await prove(storage, { engine: 'sqlite', target, token: '', lostOfTen }))).toEqual(none);
    },
    60_000,
  );

  describe.skipIf(!hasRedis)(`on a server${redisNote}`, () => {
    let server: UpstashServer;
    beforeAll(async () => {
      server = await startUpstash();
    });
    afterAll(() => server.stop());

    it.each([[0], [3]])(
      'on one Redis, with %d of ten replies lost',
      async (lostOfTen) => {
        redisCli(server.redis.port, 'FLUSHALL');
        const target = server.redis.url;
        await using storage = redisStorage({ url: target });
        expect(faultsOf(await prove(storage, { engine: 'redis', target, token: '', lostOfTen }))).toEqual(none);
      },
      60_000,
    );

    it.each([[0], [3]])(
      'over HTTP, with %d of ten replies lost',
      async (lostOfTen) => {
        redisCli(server.redis.port, 'FLUSHALL');
        const { url: target, token } = server;
        await using storage = upstashStorage({ url: target, token });
        expect(faultsOf(await prove(storage, { engine: 'upstash', target, token, lostOfTen }))).toEqual(none);
      },
      60_000,
    );
  });
});
