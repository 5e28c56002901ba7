import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { StorageProvider } from '@stateroom/core';
import { redisStorage } from '@stateroom/core/redis';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasRedis, redisNote, startRedis } from '../../core/src/testing/servers/redis-server.ts';
import { OrchestrationStateManager } from './orchestration-state-manager.ts';
import type { Noted } from './tool-calls.test-process.ts';

const names = ['one', 'other'];
const calls = 500;
const all = names.length * calls;
const logged = 100;

type Target = { readonly engine: 'sqlite' | 'redis'; readonly target: string };

/** A process that is ready to record; `go` lets it, and gives what it has noted. */
async function recorder({ engine, target }: Target, name: string): Promise<{ go: () => Promise<Noted[]> }> {
  const file = join(import.meta.dirname, 'tool-calls.test-process.ts');
  const child = spawn(process.execPath, [file, engine, target, name, String(calls)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  child.stdout.setEncoding('utf8');
  const [ready] = await once(child.stdout, 'data');
  expect(ready).toBe('ready\n');
  const go = async () => {
    child.stdin.write('go\n');
    return JSON.parse(await text(child.stdout));
  };
  return { go };
}

/** Has all processes record at once in one session: what each call was answered, in the order of the calls, and what is kept. */
async function recordAll(storage: StorageProvider, target: Target) {
  const states = new OrchestrationStateManager({ storage });
  await states.getOrCreateState('shared');
  const recorders = await Promise.all(names.map((name) => recorder(target, name)));
  const accounts = await Promise.all(recorders.map(({ go }) => go()));
  const noted = accounts.flat().toSorted((one, other) => one.counted - other.counted);
  return { noted, state: await states.getState('shared') };
}

/** What must be none of, where there is one order of all calls, and everybody has seen it so. */
function faultsOf({ noted, state }: Awaited<ReturnType<typeof recordAll>>) {
  const order = noted.map(({ call }) => call);
  const until = (length: number) => order.slice(Math.max(0, length - logged), length).join();
  const kept = state?.toolLog.map(({ tool, durationMs }) => `${tool} ${durationMs}`).join();
  return {
    lost: all - new Set(order).size,
    misnumbered: noted.filter(({ counted }, index) => counted !== index + 1),
    answeredOtherwise: noted.filter(({ log }, index) => log.join() !== until(index + 1)),
    isKeptOtherwise: kept !== until(all),
    counts: state?.toolCounts,
    recent: state?.recentlyUsedTools.indexOf(order.at(-1)?.split(' ')[0] ?? ''),
  };
}

const none = {
  lost: 0,
  misnumbered: [],
  answeredOtherwise: [],
  isKeptOtherwise: false,
  counts: { one: calls, other: calls },
  recent: 0,
};

describe('two processes that record five hundred tool calls each in one session', () => {
  it('count each of them, and agree on one order, on one SQLite file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stateroom-calls-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'calls.db');
    await using storage = sqliteStorage({ path });
    expect(faultsOf(await recordAll(storage, { engine: 'sqlite', target: path }))).toEqual(none);
  }, 300_000);

  it.skipIf(!hasRedis)(
    `count each of them, and agree on one order, on one Redis${redisNote}`,
    async () => {
      const server = await startRedis();
      onTestFinished(() => server.stop());
      await using storage = redisStorage({ url: server.url });
      expect(faultsOf(await recordAll(storage, { engine: 'redis', target: server.url }))).toEqual(none);
    },
    300_000,
  );
});
