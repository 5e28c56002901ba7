import assert from 'node:assert/strict';
import type { ListRange } from '../../storage/provider.ts';
import { append, assertCommitted, assertRefused, type Clause, itemsAt, scanAll } from './clause.ts';

export const listClauses: readonly Clause[] = [
  {
    name: 'a list keeps its items in the order in which they were appended',
    test: async (storage) => {
      await append(storage, 'list', { items: ['a', 'b'] });
      await append(storage, 'list', { items: ['c'] });
      await append(storage, 'list', { items: ['a', ''] });
      assert.deepEqual(await itemsAt(storage, 'list'), ['a', 'b', 'c', 'a', '']);
    },
  },
  {
    name: 'a window is cut as Array.prototype.slice cuts, from either end',
    test: async (storage) => {
      const items = ['a', 'b', 'c', 'd', 'e'];
      await append(storage, 'list', { items });
      const bounds = [0, 1, 4, 5, 9, -1, -2, -5, -9];
      const lists: ListRange[] = bounds.flatMap((start) => [
        { key: 'list', start },
        ...bounds.map((end) => ({ key: 'list', start, end })),
      ]);
      const snapshot = await storage.read({ lists });
      const expected = lists.map(({ start, end }) => ({ items: items.slice(start, end), length: 5 }));
      assert.deepEqual(snapshot.lists, expected);
    },
  },
  {
    name: 'truncate keeps the first items; to none is no list; beyond the end is nothing',
    test: async (storage) => {
      await append(storage, 'list', { items: ['a', 'b', 'c'] });
      const truncate = (seen: number, length: number) =>
        storage.commit({
          checks: [{ key: 'list', length: seen }],
          changes: [{ type: 'truncate', key: 'list', length }],
        });
      assertCommitted(await truncate(3, 2));
      assert.deepEqual(await itemsAt(storage, 'list'), ['a', 'b']);
      await append(storage, 'list', { items: ['d'] });
      assert.deepEqual(await itemsAt(storage, 'list'), ['a', 'b', 'd']);
      const beyond = await storage.commit({
        checks: [{ key: 'list', length: 3 }],
        changes: [
          { type: 'truncate', key: 'list', length: 10 },
          { type: 'append', key: 'list', items: ['e'], ttlMs: 'keep' },
        ],
      });
      assertCommitted(beyond);
      assertCommitted(await truncate(4, 0));
      assert.deepEqual(await itemsAt(storage, 'list'), []);
      assert.equal((await scanAll(storage, '')).size, 0);
    },
  },
  {
    name: 'a check of the length holds for that length alone',
    test: async (storage) => {
      await append(storage, 'list', { items: ['a'] });
      const push = (length: number) =>
        storage.commit({
          checks: [{ key: 'list', length }],
          changes: [{ type: 'append', key: 'list', items: ['b'], ttlMs: 'keep' }],
        });
      assertRefused(await push(0));
      assertRefused(await push(2));
      assertCommitted(await push(1));
      assert.deepEqual(await itemsAt(storage, 'list'), ['a', 'b']);
    },
  },
  {
    name: 'deleting a list takes its items with it',
    test: async (storage) => {
      await append(storage, 'list', { items: ['a', 'b', 'c'] });
      assertCommitted(
        await storage.commit({ checks: [{ key: 'list', length: 3 }], changes: [{ type: 'delete', key: 'list' }] }),
      );
      await append(storage, 'list', { items: ['d'] });
      assert.deepEqual(await itemsAt(storage, 'list'), ['d']);
    },
  },
];
