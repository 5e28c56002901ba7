import assert from 'node:assert/strict';
import { append, type Clause, put, scanAll } from './clause.ts';

export const scanClauses: readonly Clause[] = [
  {
    name: 'a scan finds each key with the prefix, its kind and what is left of its life',
    test: async (storage) => {
      await put(storage, 'a:entry', { ttlMs: 60_000 });
      await append(storage, 'a:list', { ttlMs: 60_000 });
      await put(storage, 'a:immortal entry');
      await append(storage, 'a:immortal list');
      await put(storage, 'b:entry');
      const found = await scanAll(storage, 'a:');
      const kinds = [...found].map(([key, { kind }]) => `${key} ${kind}`).toSorted();
      const expected = ['a:entry entry', 'a:immortal entry entry', 'a:immortal list list', 'a:list list'];
      assert.deepEqual(kinds, expected);
      for (const key of ['a:entry', 'a:list']) {
        const ttlMs = found.get(key)?.ttlMs ?? 0;
        assert.ok(ttlMs > 50_000 && ttlMs <= 60_000, `${ttlMs} ms are left of ${key}`);
      }
      assert.equal(found.get('a:immortal entry')?.ttlMs, null);
      assert.equal(found.get('a:immortal list')?.ttlMs, null);
    },
  },
  {
    name: 'a prefix is text, not a pattern',
    test: async (storage) => {
      for (const key of ['a*b', 'axb', 'a%b', 'a_b', 'a[x]b', 'a?b', 'a\\b']) await put(storage, key);
      for (const prefix of ['a*', 'a%', 'a_', 'a[x]', 'a?', 'a\\']) {
        assert.deepEqual([...(await scanAll(storage, prefix)).keys()], [`${prefix}b`], `prefix ${prefix}`);
      }
    },
  },
  {
    name: 'pages of one and of few miss nothing that stood all the while, though others come and go',
    test: async (storage) => {
      const standing = Array.from({ length: 60 }, (_, index) => `key:${index}`);
      for (const key of standing) {
        await put(storage, key);
        await put(storage, `${key}:going`);
      }
      let page = 0;
      const found = await scanAll(storage, 'key:', {
        limits: [1, 7],
        betweenPages: async () => {
          const key = `key:${page++ % 60}:going`;
          await storage.commit({ checks: [{ key, version: 'v1' }], changes: [{ type: 'delete', key }] });
          await put(storage, `key:99:coming${page}`);
        },
      });
      assert.deepEqual(
        standing.filter((key) => !found.has(key)),
        [],
      );
    },
  },
];
