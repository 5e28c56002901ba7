import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { manualClock } from '../testing/clock.ts';
import { describeStorage } from '../testing/storage-contract.ts';
import { sqliteStorage } from './sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newPath = () => join(folder, 'made', `${files++}.db`);

const clock = manualClock();
const create = () => sqliteStorage({ path: newPath(), clock: clock.now });
describeStorage('sqlite', create, { describe, it, sleep: clock.advance });

describe('sqliteStorage', () => {
  const set = (version: string) => ({ type: 'set', key: 'a', value: version, version, ttlMs: null }) as const;

  it('keeps what was committed for whoever opens the file next', async () => {
    const path = newPath();
    {
      await using storage = sqliteStorage({ path });
      await storage.commit({ checks: [{ key: 'a', version: null }], changes: [set('v1')] });
    }
    await using storage = sqliteStorage({ path });
    expect((await storage.read({ entries: ['a'] })).entries).toEqual([{ value: 'v1', version: 'v1' }]);
  });

  it('waits for another writer of the file, and says STORAGE when that one does not end', async () => {
    const path = newPath();
    await using storage = sqliteStorage({ path, busyTimeoutMs: 300 });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    setTimeout(() => other.exec('COMMIT'), 50);
    const waited = await storage.commit({ checks: [{ key: 'a', version: null }], changes: [set('v1')] });
    expect(waited.committed).toBe(true);
    other.exec('BEGIN IMMEDIATE');
    const starved = storage.commit({ checks: [{ key: 'a', version: 'v1' }], changes: [set('v2')] });
    await expect(starved).rejects.toMatchObject({ code: 'STORAGE' });
    other.close();
    expect((await storage.read({ entries: ['a'] })).entries[0]?.version).toBe('v1');
  });

  it('lets the process go on while it waits', async () => {
    const path = newPath();
    await using storage = sqliteStorage({ path });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const waiting = Array.from({ length: 200 }, (_, index) => {
      const key = `k${index}`;
      return storage.commit({ checks: [{ key, version: null }], changes: [{ ...set('v1'), key }] });
    });
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 10);
    setTimeout(() => other.close(), 500);
    const commits = await Promise.all(waiting);
    clearInterval(ticking);
    expect(commits.every(({ committed }) => committed)).toBe(true);
    expect(ticks).toBeGreaterThan(10);
  });

  it('purges as much as expires, and a long list in slices', async () => {
    const path = newPath();
    await using storage = sqliteStorage({ path, clock: clock.now });
    const items = Array.from({ length: 1200 }, () => 'x');
    await storage.commit({ checks: [], changes: [{ type: 'append', key: 'list', items, ttlMs: 100 }] });
    await clock.advance(2000);
    const file = new DatabaseSync(path);
    const left = () => Number(file.prepare('SELECT count(*) AS rows FROM item').get()?.['rows']);
    const rows: number[] = [];
    for (let commits = 0; commits < 3; commits++) {
      await storage.commit({ checks: [], changes: [{ type: 'touch', key: 'none', ttlMs: 1 }] });
      rows.push(left());
    }
    expect(rows).toEqual([700, 200, 0]);
    file.close();
  });

  it('says STORAGE for a path that cannot be opened, and comes back from one that never can be', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const path of [join(file, 'below.db'), '/proc/nowhere/file.db']) {
      expect(() => sqliteStorage({ path })).toThrow(expect.objectContaining({ code: 'STORAGE' }));
    }
  });

  it('says INVALID, with the path and what is there, for what is no database of its own, and leaves it as it is', () => {
    const text = newPath();
    writeFileSync(text, 'a shopping list, long enough to be taken for something else'.repeat(20));
    const others = newPath();
    const database = new DatabaseSync(others);
    database.exec('CREATE TABLE stored (key TEXT)');
    database.close();
    const before = [readFileSync(text), readFileSync(others)];
    for (const [path, fault] of [
      ['', 'empty'],
      [folder, 'is a folder'],
      ['file:/tmp/room.db', 'is a URL'],
      [text, 'is no SQLite database'],
      [others, 'is a database of another program'],
    ] as const) {
      const refusal = { code: 'INVALID', path: 'path', message: expect.stringContaining(fault) };
      expect(() => sqliteStorage({ path })).toThrow(expect.objectContaining(refusal));
    }
    expect([readFileSync(text), readFileSync(others)]).toEqual(before);
  });

  it('says NEWER_VERSION for a file of newer code', async () => {
    const path = newPath();
    await sqliteStorage({ path }).close();
    const newer = new DatabaseSync(path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    expect(() => sqliteStorage({ path })).toThrow(expect.objectContaining({ code: 'NEWER_VERSION' }));
  });

  it('gives the room of what has expired back as it is written to', async () => {
    const path = newPath();
    await using storage = sqliteStorage({ path, clock: clock.now });
    await storage.commit({ checks: [], changes: [{ type: 'append', key: 'list', items: ['1', '2'], ttlMs: 100 }] });
    await clock.advance(2000);
    await storage.commit({ checks: [{ key: 'a', version: null }], changes: [set('v1')] });
    const file = new DatabaseSync(path);
    const count = (table: string) => file.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows'];
    expect([count('stored'), count('item')]).toEqual([1, 0]);
    file.close();
  });

  it('is opened by several processes at once, new as the file may be', async () => {
    const paths = Array.from({ length: 20 }, newPath);
    const startAt = String(Date.now() + 500);
    const processes = Array.from({ length: 4 }, () => runProcess('sqlite-open.test-process.ts', startAt, ...paths));
    await Promise.all(processes);
    for (const path of paths) {
      await using storage = sqliteStorage({ path });
      expect((await storage.read({ lists: [{ key: 'opened' }] })).lists[0]?.length).toBe(4);
    }
  });

  it('loses no update between two processes with 500 each on one file', async () => {
    const path = newPath();
    await Promise.all(['one', 'two'].map((name) => runProcess('sqlite-counter.test-process.ts', path, name, '500')));
    await using storage = sqliteStorage({ path });
    const [record] = (await storage.read({ entries: ['counts:{shared}'] })).entries;
    expect(JSON.parse(record?.value ?? '{}')).toMatchObject({ state: { count: 1000, one: 500, two: 500 } });
  });
});

/** Runs a file of this folder as a process of its own, until it has ended well. */
async function runProcess(file: string, ...args: string[]): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
}
