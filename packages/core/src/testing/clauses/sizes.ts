import assert from 'node:assert/strict';
import type { Change, StorageEntry } from '../../storage/provider.ts';
import { append, assertCommitted, assertRefused, type Clause, entryAt, itemsAt, put, scanAll } from './clause.ts';

const mebibyte = 1024 * 1024;

export const sizeClauses: readonly Clause[] = [
  {
    name: 'a value of 2 MiB and an item of 1 MiB are kept',
    test: async (storage) => {
      const value = 'v'.repeat(2 * mebibyte + 1);
      const item = 'é'.repeat(mebibyte / 2);
      await put(storage, 'large', { value });
      await append(storage, 'list', { items: ['small', item] });
      assert.ok((await entryAt(storage, 'large'))?.value === value, 'the entry was changed');
      assert.ok((await itemsAt(storage, 'list'))?.[1] === item, 'the item was changed');
    },
  },
  {
    name: 'a list holds 100,000 items, 10,000 may come in one commit, and 5,000 be read at once',
    test: async (storage) => {
      const items = Array.from({ length: 10_000 }, (_, index) => `item ${index}`);
      for (let times = 0; times < 10; times++) await append(storage, 'list', { items });
      const { lists } = await storage.read({
        lists: [
          { key: 'list', start: -2 },
          { key: 'list', start: 50_000, end: 55_000 },
        ],
      });
      assert.deepEqual(
        lists.map(({ items: read, length }) => [read.length, length]),
        [
          [2, 100_000],
          [5000, 100_000],
        ],
      );
      // Compared one by one: what assert would say of many that differ takes minutes to find.
      const expected = [...items.slice(-2), ...items.slice(0, 5000)];
      const differs = lists.flatMap((window) => window.items).findIndex((item, index) => item !== expected[index]);
      assert.equal(differs, -1, `item ${differs} of those read is another`);
    },
  },
  {
    name: 'a commit makes 200 checks and 200 changes',
    test: async (storage) => {
      const keys = manyKeys(200);
      const checks = (version: string | null) => keys.map((key) => ({ key, version }));
      assertCommitted(await storage.commit({ checks: checks(null), changes: keys.map((key) => setTo('v1', key)) }));
      const last = { key: keys.at(-1) ?? '', version: 'v0' };
      const refused = await storage.commit({
        checks: [...checks('v1').slice(0, -1), last],
        changes: keys.map((key) => setTo('v2', key)),
      });
      assertRefused(refused);
      assert.deepEqual(refused.refused, [{ key: last.key, entry: { value: 'v1', version: 'v1' } }]);
      assertCommitted(await storage.commit({ checks: checks('v1'), changes: [] }));
    },
  },
  {
    name: 'a read answers 200 entries and 200 windows',
    test: async (storage) => {
      const keys = manyKeys(200);
      const [first = ''] = keys;
      assertCommitted(
        await storage.commit({
          checks: [{ key: first, version: null }],
          changes: [
            ...keys.map((key, index) => setTo(`v${index}`, key)),
            { type: 'append', key: 'list', items: keys, ttlMs: null },
          ],
        }),
      );
      const { entries, lists } = await storage.read({
        entries: keys,
        lists: keys.map((_, index) => ({ key: 'list', start: index, end: index + 1 })),
      });
      const expected = keys.map((_, index): StorageEntry => ({ value: `v${index}`, version: `v${index}` }));
      assert.deepEqual(entries, expected);
      assert.deepEqual(
        lists,
        keys.map((key) => ({ items: [key], length: 200 })),
      );
    },
  },
  {
    name: 'a scan finds all of 2,000 keys, and none once they are deleted',
    test: async (storage) => {
      const keys = manyKeys(2000);
      const commitAll = async (version: string | null, change: (key: string) => Change) => {
        for (let start = 0; start < keys.length; start += 200) {
          const slice = keys.slice(start, start + 200);
          const checks = slice.map((key) => ({ key, version }));
          assertCommitted(await storage.commit({ checks, changes: slice.map(change) }));
        }
      };
      await commitAll(null, (key) => setTo('v1', key));
      const found = await scanAll(storage, '', { limits: [1000] });
      assert.equal(keys.filter((key) => found.has(key)).length, 2000);
      // Also so that a server which many storages share does not grow by this one.
      await commitAll('v1', (key) => ({ type: 'delete', key }));
      assert.equal((await scanAll(storage, '', { limits: [1000] })).size, 0);
    },
  },
];

function manyKeys(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `key ${index}`);
}

function setTo(version: string, key: string): Change {
  return { type: 'set', key, value: version, version, ttlMs: null };
}
