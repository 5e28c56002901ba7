import assert from 'node:assert/strict';
import { append, assertCommitted, assertFails, type Clause, entryAt, itemsAt, put } from './clause.ts';

const hostileKeys = [
  '',
  ' ',
  'a',
  'A',
  'a:b',
  'a:b:c',
  'a::b',
  '{a}:b',
  'a{',
  '}',
  '*',
  '?',
  '[a]',
  '\\',
  '%',
  '%3A',
  '_',
  "'",
  '"; DROP TABLE',
  '\0',
  'a\0b',
  '\n',
  '__proto__',
  '\uFEFFafter a byte order mark',
  'constructor',
  'toString',
  'null',
  '0',
  'é',
  'e\u0301',
  '🛳',
  '\u{10FFFF}',
  '\uFFFF',
  'k'.repeat(1024),
  `${'k'.repeat(1023)}x`,
  'ключ'.repeat(100),
];

const hostileValues = [
  '',
  'null',
  'undefined',
  'true',
  '123',
  '007',
  '1e5',
  '1.10',
  '9007199254740993',
  '{"a":1}',
  '[]',
  '"quoted"',
  ' padded ',
  'line\nline\r\n',
  'zero\0zero',
  '\u2028',
  '🛳',
  'e\u0301',
  '-0',
  'NaN',
  'OK',
  '__proto__',
  '\uFEFFafter a byte order mark',
  "it's",
];

export const isolationClauses: readonly Clause[] = [
  {
    name: 'any well-formed text is a key of its own',
    test: async (storage) => {
      for (const key of hostileKeys) await put(storage, key, { value: `of ${key}` });
      for (const key of hostileKeys) {
        assert.equal((await entryAt(storage, key))?.value, `of ${key}`, `key ${JSON.stringify(key)}`);
      }
    },
  },
  {
    name: 'deleting a key touches no other, however alike',
    test: async (storage) => {
      const keys = ['user1', 'user1:session2', 'user10', 'user', 'User1'];
      for (const key of keys) await put(storage, key);
      await storage.commit({ checks: [{ key: 'user1', version: 'v1' }], changes: [{ type: 'delete', key: 'user1' }] });
      const snapshot = await storage.read({ entries: keys });
      assert.deepEqual(
        snapshot.entries.map((entry) => entry !== null),
        [false, true, true, true, true],
      );
    },
  },
  {
    name: 'a value comes back to the letter, in entries, lists and refusals',
    test: async (storage) => {
      for (const [index, value] of hostileValues.entries()) await put(storage, `k${index}`, { value });
      await append(storage, 'list', { items: hostileValues });
      const keys = hostileValues.map((_, index) => `k${index}`);
      const { entries } = await storage.read({ entries: keys });
      assert.deepEqual(
        entries.map((entry) => entry?.value),
        hostileValues,
      );
      assert.deepEqual(await itemsAt(storage, 'list'), hostileValues);
      const { refused } = await storage.commit({ checks: keys.map((key) => ({ key, version: null })), changes: [] });
      assert.deepEqual(
        refused.map((refusal) => 'entry' in refusal && refusal.entry?.value),
        hostileValues,
      );
    },
  },
  {
    name: 'half a surrogate pair is refused or kept, never changed',
    test: async (storage) => {
      const half = 'a\uD83D';
      await put(storage, 'entry', { value: half }).catch(() => {});
      const stored = await entryAt(storage, 'entry');
      assert.ok(stored === null || stored?.value === half, 'it was changed');
    },
  },
  {
    name: 'nothing is shared by reference',
    test: async (storage) => {
      const items = ['one'];
      await append(storage, 'list', { items });
      items.push('smuggled in');
      const first = await itemsAt(storage, 'list');
      if (Array.isArray(first) && !Object.isFrozen(first)) first.push('smuggled in');
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
      await put(storage, 'entry');
      const entry = await entryAt(storage, 'entry');
      if (entry && !Object.isFrozen(entry)) Object.assign(entry, { value: 'smuggled in' });
      assert.equal((await entryAt(storage, 'entry'))?.value, 'value');
    },
  },
  {
    name: 'a version, life span or length that is none is invalid, with nothing changed',
    test: async (storage) => {
      await put(storage, 'entry');
      const set = (version: string, ttlMs: number) => () =>
        storage.commit({
          checks: [{ key: 'entry', version: 'v1' }],
          changes: [{ type: 'set', key: 'entry', value: 'new', version, ttlMs }],
        });
      for (const version of ['', 'a b', 'é', 'v'.repeat(65)]) {
        await assertFails(set(version, 1000), 'INVALID', `version ${JSON.stringify(version)}`);
      }
      for (const ttlMs of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER]) {
        await assertFails(set('v2', ttlMs), 'INVALID', `ttlMs ${ttlMs}`);
      }
      const nothing = { type: 'append', key: 'list', items: [], ttlMs: null } as const;
      await assertFails(() => storage.commit({ checks: [], changes: [nothing] }), 'INVALID', 'an append of nothing');
      assert.deepEqual(await entryAt(storage, 'entry'), { value: 'value', version: 'v1' });
    },
  },
  {
    name: 'the longest version is kept',
    test: async (storage) => {
      const version = 'V-1._'.padEnd(64, '9');
      await put(storage, 'entry', { version });
      const checks = [{ key: 'entry', version }];
      assertCommitted(await storage.commit({ checks, changes: [{ type: 'delete', key: 'entry' }] }));
    },
  },
];
