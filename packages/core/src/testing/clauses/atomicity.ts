import assert from 'node:assert/strict';
import type { StorageProvider } from '../../storage/provider.ts';
import { append, assertCommitted, assertFails, assertRefused, type Clause, entryAt, itemsAt, put } from './clause.ts';

export const atomicityClauses: readonly Clause[] = [
  {
    name: 'a commit whose checks hold applies all of its changes',
    test: async (storage) => {
      await put(storage, 'a');
      const commit = await storage.commit({
        checks: [
          { key: 'a', version: 'v1' },
          { key: 'b', version: null },
          { key: 'list', length: 0 },
        ],
        changes: [
          { type: 'set', key: 'a', value: 'new', version: 'v2', ttlMs: null },
          { type: 'set', key: 'b', value: '', version: 'v1', ttlMs: null },
          { type: 'append', key: 'list', items: ['one', 'two'], ttlMs: null },
        ],
      });
      assertCommitted(commit);
      assert.deepEqual(await entryAt(storage, 'a'), { value: 'new', version: 'v2' });
      assert.deepEqual(await entryAt(storage, 'b'), { value: '', version: 'v1' });
      assert.deepEqual(await itemsAt(storage, 'list'), ['one', 'two']);
    },
  },
  {
    name: 'a commit with one check that does not hold changes nothing',
    test: async (storage) => {
      await put(storage, 'a');
      await put(storage, 'b');
      const commit = await storage.commit({
        checks: [
          { key: 'a', version: 'v1' },
          { key: 'b', version: 'other' },
        ],
        changes: [
          { type: 'set', key: 'a', value: 'new', version: 'v2', ttlMs: null },
          { type: 'append', key: 'list', items: ['one'], ttlMs: null },
          { type: 'delete', key: 'b' },
        ],
      });
      assertRefused(commit);
      assert.deepEqual(await entryAt(storage, 'a'), { value: 'value', version: 'v1' });
      assert.deepEqual(await entryAt(storage, 'b'), { value: 'value', version: 'v1' });
      assert.deepEqual(await itemsAt(storage, 'list'), []);
    },
  },
  {
    name: 'a commit that fails at a later change has made no earlier one',
    test: async (storage) => {
      await put(storage, 'a');
      await append(storage, 'list');
      const withWrongKind = () =>
        storage.commit({
          checks: [{ key: 'a', version: 'v1' }],
          changes: [
            { type: 'set', key: 'a', value: 'new', version: 'v2', ttlMs: null },
            { type: 'append', key: 'fresh', items: ['one'], ttlMs: null },
            { type: 'set', key: 'list', value: 'new', version: 'v2', ttlMs: null },
          ],
        });
      await assertFails(withWrongKind, 'INVALID', 'a list named as an entry');
      assert.deepEqual(await entryAt(storage, 'a'), { value: 'value', version: 'v1' });
      assert.deepEqual(await itemsAt(storage, 'fresh'), []);
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
    },
  },
  {
    name: 'changes are applied in their order',
    test: async (storage) => {
      await put(storage, 'a');
      await storage.commit({
        checks: [
          { key: 'a', version: 'v1' },
          { key: 'b', version: null },
        ],
        changes: [
          { type: 'delete', key: 'a' },
          { type: 'append', key: 'a', items: ['one', 'two'], ttlMs: null },
          { type: 'truncate', key: 'a', length: 1 },
          { type: 'append', key: 'a', items: ['three'], ttlMs: null },
          { type: 'set', key: 'b', value: 'first', version: 'v1', ttlMs: null },
          { type: 'set', key: 'b', value: 'second', version: 'v2', ttlMs: null },
          { type: 'append', key: 'c', items: ['one'], ttlMs: null },
          { type: 'truncate', key: 'c', length: 0 },
          { type: 'set', key: 'c', value: 'after a list', version: 'v1', ttlMs: null },
        ],
      });
      assert.equal((await entryAt(storage, 'c'))?.value, 'after a list');
      assert.deepEqual(await itemsAt(storage, 'a'), ['one', 'three']);
      assert.deepEqual(await entryAt(storage, 'b'), { value: 'second', version: 'v2' });
    },
  },
  {
    name: '64 writers at once lose no update',
    test: async (storage) => {
      await put(storage, 'counter', { value: '0', version: 'v0' });
      await Promise.all(Array.from({ length: 64 }, (_, writer) => increment(storage, writer)));
      assert.equal((await entryAt(storage, 'counter'))?.value, '64');
    },
  },
  {
    name: '64 writers at once who check the length of a list append one after the other',
    test: async (storage) => {
      await Promise.all(Array.from({ length: 64 }, () => appendInTurn(storage)));
      const counted = Array.from({ length: 64 }, (_, index) => String(index));
      assert.deepEqual(await itemsAt(storage, 'list'), counted);
    },
  },
  {
    name: 'a reader sees all of a commit or nothing of it, in one moment',
    test: async (storage) => {
      await put(storage, 'a', { value: '0', version: 'v0' });
      await put(storage, 'b', { value: '0', version: 'v0' });
      const torn: string[] = [];
      const read = async () => {
        for (let reads = 0; reads < 60; reads++) {
          const { entries, lists } = await storage.read({ entries: ['a', 'b'], lists: [{ key: 'list', end: 0 }] });
          const seen = [...entries.map((entry) => entry?.value), String(lists[0]?.length)];
          if (new Set(seen).size > 1) torn.push(seen.join(', '));
          await nextTick();
        }
      };
      const readers = [read(), read(), read()];
      for (let count = 1; count <= 60; count++) {
        const change = (key: string) =>
          ({ type: 'set', key, value: `${count}`, version: `v${count}`, ttlMs: null }) as const;
        const checks = [{ key: 'a', version: `v${count - 1}` }];
        const item = { type: 'append', key: 'list', items: ['one'], ttlMs: null } as const;
        await storage.commit({ checks, changes: [change('a'), change('b'), item] });
        await nextTick();
      }
      await Promise.all(readers);
      assert.deepEqual(torn, []);
    },
  },
  {
    name: 'a version is compared to the letter',
    test: async (storage) => {
      await put(storage, 'a', { version: 'aB' });
      for (const version of ['ab', 'AB', 'a', 'aB0', 'aB.']) {
        assertRefused(await storage.commit({ checks: [{ key: 'a', version }], changes: [] }));
      }
      assertCommitted(await storage.commit({ checks: [{ key: 'a', version: 'aB' }], changes: [] }));
    },
  },
  {
    name: 'a commit that could be applied twice is invalid',
    test: async (storage) => {
      await put(storage, 'a');
      await put(storage, 'other');
      const set = { type: 'set', key: 'a', value: 'new', version: 'v2', ttlMs: null } as const;
      const blind = () => storage.commit({ checks: [], changes: [set] });
      await assertFails(blind, 'INVALID', 'a set without a check');
      const aside = () => storage.commit({ checks: [{ key: 'other', version: 'v1' }], changes: [set] });
      await assertFails(aside, 'INVALID', 'a set beside a check of another key');
      const unmoved = () =>
        storage.commit({ checks: [{ key: 'a', version: 'v1' }], changes: [{ ...set, version: 'v1' }] });
      await assertFails(unmoved, 'INVALID', 'a set that leaves the version it checks');
      await append(storage, 'list');
      const truncate = () => storage.commit({ checks: [], changes: [{ type: 'truncate', key: 'list', length: 0 }] });
      await assertFails(truncate, 'INVALID', 'a truncate without a check');
      const remove = () => storage.commit({ checks: [], changes: [{ type: 'delete', key: 'a' }] });
      await assertFails(remove, 'INVALID', 'a delete without a check');
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
      assert.deepEqual(await entryAt(storage, 'a'), { value: 'value', version: 'v1' });
    },
  },
];

/** Reads and commits until the commit is not refused; each refusal brings the next try's entry along. */
async function increment(storage: StorageProvider, writer: number): Promise<void> {
  let seen = await entryAt(storage, 'counter');
  for (let attempt = 0; attempt < 200; attempt++) {
    assert.ok(seen, 'the counter must stand all the while');
    const commit = await storage.commit({
      checks: [{ key: 'counter', version: seen.version }],
      changes: [
        {
          type: 'set',
          key: 'counter',
          value: String(Number(seen.value) + 1),
          version: `w${writer}.${attempt}`,
          ttlMs: null,
        },
      ],
    });
    if (commit.committed) return;
    const refusal = commit.refused[0];
    assert.ok(refusal && 'entry' in refusal, 'a refused version must tell the entry');
    seen = refusal.entry;
  }
  assert.fail('a writer was refused 200 times: somebody refuses without a change of version');
}

/** Appends the length that the list was last seen to have, until it still has it. */
async function appendInTurn(storage: StorageProvider): Promise<void> {
  let length = 0;
  for (let attempt = 0; attempt < 200; attempt++) {
    const changes = [{ type: 'append', key: 'list', items: [String(length)], ttlMs: null }] as const;
    const commit = await storage.commit({ checks: [{ key: 'list', length }], changes });
    if (commit.committed) return;
    const refusal = commit.refused[0];
    assert.ok(refusal && 'length' in refusal, 'a refused length must tell the length');
    length = refusal.length;
  }
  assert.fail('a writer was refused 200 times: somebody refuses without a change of length');
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
