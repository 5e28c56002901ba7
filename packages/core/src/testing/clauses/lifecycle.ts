import assert from 'node:assert/strict';
import { assertFails, type Clause, put } from './clause.ts';

export const lifecycleClauses: readonly Clause[] = [
  {
    name: 'it says its name, who sees its data and what a read promises, and answers a ping',
    test: async (storage) => {
      assert.ok(storage.name.length > 0);
      assert.ok(['process', 'machine', 'shared'].includes(storage.scope));
      assert.ok(['linearizable', 'read-your-writes'].includes(storage.consistency));
      await storage.ping();
    },
  },
  {
    name: 'close may be called twice, and what comes after it is a STORAGE error, not absence',
    test: async (storage) => {
      await put(storage, 'entry');
      await storage.close();
      await storage.close();
      await assertFails(() => storage.read({ entries: ['entry'] }), 'STORAGE', 'a read after close');
      const checks = [{ key: 'entry', version: 'v1' }];
      await assertFails(() => storage.commit({ checks, changes: [] }), 'STORAGE', 'a commit after close');
      await assertFails(() => storage.scan('', null, 10), 'STORAGE', 'a scan after close');
      await assertFails(() => storage.ping(), 'STORAGE', 'a ping after close');
    },
  },
];
