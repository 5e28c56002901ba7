import assert from 'node:assert/strict';
import type { Check, Refusal } from '../../storage/provider.ts';
import { append, assertCommitted, assertRefused, type Clause, put } from './clause.ts';

export const answerClauses: readonly Clause[] = [
  {
    name: 'a refusal tells what is there now, in the order of the checks',
    test: async (storage) => {
      await put(storage, 'a', { value: 'kept', version: 'v7' });
      await append(storage, 'list', { items: ['one', 'two'] });
      const judged: readonly (readonly [Check, Refusal?])[] = [
        [
          { key: 'list', length: 1 },
          { key: 'list', length: 2 },
        ],
        [
          { key: 'a', version: 'v1' },
          { key: 'a', entry: { value: 'kept', version: 'v7' } },
        ],
        [
          { key: 'no list', length: 3 },
          { key: 'no list', length: 0 },
        ],
        [
          { key: 'absent', version: 'v1' },
          { key: 'absent', entry: null },
        ],
        [{ key: 'a', version: 'v7' }],
        [{ key: 'list', length: 2 }],
      ];
      const ofLengths = judged.filter(([check]) => 'length' in check);
      const ofVersions = judged.filter(([check]) => 'version' in check);
      for (const some of [judged, ofLengths, ofVersions]) {
        const { refused } = await storage.commit({ checks: some.map(([check]) => check), changes: [] });
        assert.deepEqual(
          refused,
          some.flatMap(([, refusal]) => refusal ?? []),
        );
      }
    },
  },
  {
    name: 'the snapshot comes back with the commit, as things are after it',
    test: async (storage) => {
      await put(storage, 'a');
      await append(storage, 'other', { items: ['four', 'five'] });
      const transaction = {
        checks: [{ key: 'a', version: 'v1' }],
        changes: [
          { type: 'set', key: 'a', value: 'new', version: 'v2', ttlMs: null },
          { type: 'append', key: 'list', items: ['one', 'two', 'three'], ttlMs: null },
        ],
        reads: {
          entries: ['a', 'absent'],
          lists: [
            { key: 'list', start: 1, end: 2 },
            { key: 'absent' },
            { key: 'list', start: -1 },
            { key: 'other', end: -1 },
          ],
        },
      } as const;
      const after = {
        entries: [{ value: 'new', version: 'v2' }, null],
        lists: [
          { items: ['two'], length: 3 },
          { items: [], length: 0 },
          { items: ['three'], length: 3 },
          { items: ['four'], length: 2 },
        ],
      };
      const first = await storage.commit(transaction);
      assertCommitted(first);
      assert.deepEqual(first.snapshot, after);
      const repeat = await storage.commit(transaction);
      assertRefused(repeat);
      assert.deepEqual(repeat.snapshot, after);
    },
  },
  {
    name: 'a key that is asked for twice is answered twice',
    test: async (storage) => {
      await put(storage, 'a');
      await append(storage, 'list', { items: ['one', 'two'] });
      const whole = { items: ['one', 'two'], length: 2 };
      const entry = { value: 'value', version: 'v1' };
      const reads = {
        entries: ['a', 'absent', 'a'],
        lists: [{ key: 'list' }, { key: 'list', start: 1 }, { key: 'list' }],
      };
      const answer = { entries: [entry, null, entry], lists: [whole, { items: ['two'], length: 2 }, whole] };
      assert.deepEqual(await storage.read(reads), answer);
      assert.deepEqual((await storage.commit({ checks: [], changes: [], reads })).snapshot, answer);
    },
  },
];
