import assert from 'node:assert/strict';
import type { Change, Reads } from '../../storage/provider.ts';
import { append, assertCommitted, assertFails, assertRefused, type Clause, entryAt, itemsAt, put } from './clause.ts';

export const kindClauses: readonly Clause[] = [
  {
    name: 'a key of the wrong kind is invalid wherever it is named',
    test: async (storage) => {
      await put(storage, 'entry');
      await put(storage, 'mine');
      await append(storage, 'list');
      const set = (key: string) => ({ type: 'set', key, value: 'new', version: 'v2', ttlMs: null }) as const;
      const changing = (change: Change) => () =>
        storage.commit({ checks: [{ key: 'mine', version: 'v1' }], changes: [set('mine'), change] });
      const wrong = {
        'an entry read as a list': () => storage.read({ lists: [{ key: 'entry' }] }),
        'a list read as an entry': () => storage.read({ entries: ['list'] }),
        'a version checked on a list': () => storage.commit({ checks: [{ key: 'list', version: null }], changes: [] }),
        'a length checked on an entry': () => storage.commit({ checks: [{ key: 'entry', length: 0 }], changes: [] }),
        'an append to an entry': () =>
          storage.commit({ checks: [], changes: [{ type: 'append', key: 'entry', items: ['one'], ttlMs: null }] }),
        'a truncate of an entry alone': () =>
          storage.commit({
            checks: [{ key: 'entry', length: 1 }],
            changes: [{ type: 'truncate', key: 'entry', length: 0 }],
          }),
        'a set of a list': changing(set('list')),
        'a truncate of an entry': changing({ type: 'truncate', key: 'entry', length: 1 }),
        'a truncate of an entry to nothing': changing({ type: 'truncate', key: 'entry', length: 0 }),
      };
      for (const [what, call] of Object.entries(wrong)) await assertFails(call, 'INVALID', what);
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
      assert.deepEqual(await entryAt(storage, 'entry'), { value: 'value', version: 'v1' });
      assert.deepEqual(await entryAt(storage, 'mine'), { value: 'value', version: 'v1' });
    },
  },
  {
    name: 'a commit that reads a key as what it is not, or will not be, changes nothing',
    test: async (storage) => {
      await put(storage, 'entry');
      await put(storage, 'other');
      await append(storage, 'list');
      const checks = [{ key: 'entry', version: 'v1' }];
      const changes: Change[] = [
        { type: 'set', key: 'entry', value: 'new', version: 'v2', ttlMs: null },
        { type: 'append', key: 'new list', items: ['one'], ttlMs: null },
      ];
      const wrong: Record<string, Reads> = {
        'a list read as an entry': { entries: ['list'] },
        'an entry read as a list': { lists: [{ key: 'other' }] },
        'an entry that was set, read as a list': { lists: [{ key: 'entry' }] },
        'a list that was made, read as an entry': { entries: ['new list'] },
      };
      for (const [what, reads] of Object.entries(wrong)) {
        await assertFails(() => storage.commit({ checks, changes, reads }), 'INVALID', what);
      }
      const refused = [{ key: 'entry', version: 'v0' }];
      const reads = { entries: ['list'] };
      await assertFails(() => storage.commit({ checks: refused, changes, reads }), 'INVALID', 'beside a refusal');
      assert.deepEqual(await entryAt(storage, 'entry'), { value: 'value', version: 'v1' });
      assert.deepEqual(await itemsAt(storage, 'new list'), []);
    },
  },
  {
    name: 'a commit reads a key that changes its kind as what it becomes',
    test: async (storage) => {
      await append(storage, 'a');
      const commit = await storage.commit({
        checks: [{ key: 'a', length: 1 }],
        changes: [
          { type: 'delete', key: 'a' },
          { type: 'set', key: 'a', value: 'new', version: 'v1', ttlMs: null },
        ],
        reads: { entries: ['a'] },
      });
      assertCommitted(commit);
      assert.deepEqual(commit.snapshot.entries, [{ value: 'new', version: 'v1' }]);
    },
  },
  {
    name: 'a commit whose checks do not hold is refused, whatever the kinds of what it would change',
    test: async (storage) => {
      await put(storage, 'entry');
      await append(storage, 'list');
      const commit = await storage.commit({
        checks: [{ key: 'entry', version: 'v0' }],
        changes: [
          { type: 'append', key: 'entry', items: ['one'], ttlMs: null },
          { type: 'truncate', key: 'entry', length: 0 },
          { type: 'set', key: 'list', value: 'new', version: 'v2', ttlMs: null },
          { type: 'set', key: 'entry', value: 'new', version: 'v2', ttlMs: null },
        ],
      });
      assertRefused(commit);
      assert.deepEqual(commit.refused, [{ key: 'entry', entry: { value: 'value', version: 'v1' } }]);
      assert.deepEqual(await entryAt(storage, 'entry'), { value: 'value', version: 'v1' });
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
    },
  },
];
