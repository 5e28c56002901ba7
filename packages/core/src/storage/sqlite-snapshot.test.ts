import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { sqliteStorage } from './sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('sqliteStorage on its file', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    ['normal', { durability: 'normal' }, 1],
    ['full', { durability: 'full' }, 2],
    ['none given', {}, 1],
  ] as const)('has SQLite write as the durability says: %s', async (_name, options, synchronous) => {
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
    await using storage = sqliteStorage({ path: join(folder, 'durable.db'), ...options });
    await storage.ping();
    const [database] = exec.mock.contexts.filter((context) => context instanceof DatabaseSync);
    expect(database?.prepare('PRAGMA synchronous').get()).toEqual({ synchronous });
  });

  it('reads many keys in one moment, while another process commits to all of them', async () => {
    const path = join(folder, 'moment.db');
    await using storage = sqliteStorage({ path });
    const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
    const file = join(import.meta.dirname, 'sqlite-rounds.test-process.ts');
    const child = spawn(process.execPath, [file, path, '200', ...keys], { stdio: ['ignore', 'ignore', 'inherit'] });
    const exit = once(child, 'exit');
    const moments = new Set<string>();
    const torn: string[] = [];
    const look = async (entriesAtOnce: number) => {
      const lists = [{ key: 'list', end: 0 }];
      const snapshot = await storage.read({ entries: keys.slice(0, entriesAtOnce), lists });
      const seen = new Set(snapshot.entries.map((entry) => entry?.value ?? '0')).add(String(snapshot.lists[0]?.length));
      moments.add([...seen].join());
      if (seen.size > 1) torn.push([...seen].join(' and '));
    };
    while (child.exitCode === null) {
      await look(keys.length);
      for (let times = 0; times < 200; times++) await look(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await exit).toEqual([0, null]);
    expect(torn).toEqual([]);
    expect(moments.size).toBeGreaterThan(2);
  });
});
