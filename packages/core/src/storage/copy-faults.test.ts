import { describe, expect, it } from 'vitest';
import { copyStorage } from './copy.ts';
import { memoryStorage } from './memory.ts';
import { override } from './override.ts';
import type { StorageProvider, Ttl } from './provider.ts';

const put = (storage: StorageProvider, key: string, { version = 'v1', ttlMs = null as Ttl } = {}) =>
  storage.commit({
    checks: [{ key, version: null }],
    changes: [{ type: 'set', key, value: `${version} of ${key}`, version, ttlMs }],
  });
const append = (storage: StorageProvider, key: string, ...items: string[]) =>
  storage.commit({ checks: [], changes: [{ type: 'append', key, items, ttlMs: null }] });
const itemsAt = async (storage: StorageProvider, key: string) =>
  (await storage.read({ lists: [{ key }] })).lists[0]?.items;

describe('copyStorage and what may come between', () => {
  it('walks through all pages, the empty among them, and counts a key once that is found twice', async () => {
    const from = memoryStorage();
    const keys = ['a', 'b', 'c', 'd'];
    for (const key of keys) await put(from, key);
    const pages = [['a', 'b'], [], ['b', 'c'], ['d', 'a']];
    const inPages = override(from, {
      scan: async (_prefix, cursor) => {
        const page = Number(cursor ?? 0);
        const found = (pages[page] ?? []).map((key) => ({ key, kind: 'entry', ttlMs: null }) as const);
        return { found, cursor: page + 1 < pages.length ? String(page + 1) : null };
      },
    });
    const to = memoryStorage();
    expect(await copyStorage(inPages, to)).toEqual({ copied: 4, same: 0, failed: [] });
    expect((await to.read({ entries: keys })).entries.map((entry) => entry?.value)).toEqual(
      keys.map((key) => `v1 of ${key}`),
    );
  });

  it('keeps what is for ever for ever', async () => {
    const [from, to] = [memoryStorage(), memoryStorage()];
    await put(from, 'a');
    await append(from, 'list', 'one');
    await copyStorage(from, to);
    expect((await to.scan('', null, 10)).found.map(({ key, ttlMs }) => [key, ttlMs])).toEqual([
      ['a', null],
      ['list', null],
    ]);
  });

  it.each([
    ['other items', ['one', 'other']],
    ['fewer items', ['one']],
    ['more items', ['one', 'two', 'three']],
  ])('puts a list in the place of one of %s', async (_name, there) => {
    const [from, to] = [memoryStorage(), memoryStorage()];
    await append(from, 'list', 'one', 'two');
    await append(to, 'list', ...there);
    expect(await copyStorage(from, to, { verify: true })).toEqual({ copied: 1, same: 0, failed: [] });
    expect(await itemsAt(to, 'list')).toEqual(['one', 'two']);
  });

  it('counts nothing that is gone before it is read, and tells of its progress all the same', async () => {
    const from = memoryStorage();
    await put(from, 'kept');
    const found = (['entry', 'list'] as const).map((kind) => ({ key: `gone ${kind}`, kind, ttlMs: null }));
    const haunted = override(from, {
      scan: async (prefix, cursor, limit) => {
        const page = await from.scan(prefix, cursor, limit);
        return { ...page, found: [...found, ...page.found] };
      },
    });
    const progress: number[] = [];
    const onProgress = ({ copied }: { copied: number }) => progress.push(copied);
    expect(await copyStorage(haunted, memoryStorage(), { onProgress })).toEqual({ copied: 1, same: 0, failed: [] });
    expect(progress).toEqual([0, 0, 1]);
  });

  it('reports as CONFLICT another value of the same version, and leaves it', async () => {
    const [from, to] = [memoryStorage(), memoryStorage()];
    await put(from, 'a');
    const changes = [{ type: 'set', key: 'a', value: 'other', version: 'v1', ttlMs: null }] as const;
    await to.commit({ checks: [{ key: 'a', version: null }], changes });
    const { copied, failed } = await copyStorage(from, to);
    expect([copied, failed.map(({ key, error }) => [key, error.code])]).toEqual([0, [['a', 'CONFLICT']]]);
    expect((await to.read({ entries: ['a'] })).entries[0]?.value).toBe('other');
  });

  it('reports as CONFLICT what somebody else writes meanwhile, entry or list, and writes nothing over it', async () => {
    const [from, to] = [memoryStorage(), memoryStorage()];
    await put(from, 'a');
    await append(from, 'list', 'one');
    const busy = override(to, {
      commit: async (transaction) => {
        for (const { type, key } of transaction.changes) {
          if (type === 'set') await put(to, key, { version: 'theirs' });
          else await append(to, key, 'theirs');
        }
        return to.commit(transaction);
      },
    });
    const { copied, failed } = await copyStorage(from, busy);
    expect([copied, failed.map(({ error }) => error.code)]).toEqual([0, ['CONFLICT', 'CONFLICT']]);
    expect((await to.read({ entries: ['a'] })).entries[0]?.version).toBe('theirs');
    expect(await itemsAt(to, 'list')).toEqual(['theirs']);
  });

  it('reports what is of another kind there, and an error of any other class with its cause', async () => {
    const [from, to] = [memoryStorage(), memoryStorage()];
    await put(from, 'entry');
    await put(from, 'other');
    await append(to, 'entry', 'one');
    const cause = new Error('no space left on device');
    const failing = override(to, { commit: () => Promise.reject(cause) });
    const { failed } = await copyStorage(from, failing);
    expect(failed).toMatchObject([
      { key: 'entry', error: { code: 'INVALID' } },
      { key: 'other', error: { code: 'STORAGE', cause } },
    ]);
  });

  it('reads nothing back unless it is asked to', async () => {
    const from = memoryStorage();
    await put(from, 'a');
    const done = { committed: true, refused: [], snapshot: { entries: [], lists: [] } };
    const forgetful = override(memoryStorage(), { commit: async () => done });
    expect(await copyStorage(from, forgetful)).toEqual({ copied: 1, same: 0, failed: [] });
    expect((await copyStorage(from, forgetful, { verify: true })).failed).toMatchObject([
      { key: 'a', error: { code: 'CONFLICT' } },
    ]);
  });
});
