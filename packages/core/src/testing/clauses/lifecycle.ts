import assert from 'node:assert/strict';
import { isStateroomError } from '../../errors.ts';
import { append, assertCommitted, assertFails, type Clause, itemsAt, put } from './clause.ts';

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
  {
    name: 'what is in flight at close is answered as it is, or fails',
    test: async (storage) => {
      await put(storage, 'entry', { value: 'old' });
      const read = outcomeOf(storage.read({ entries: ['entry'] }));
      const commit = outcomeOf(
        storage.commit({
          checks: [{ key: 'entry', version: 'v1' }],
          changes: [{ type: 'set', key: 'entry', value: 'new', version: 'v2', ttlMs: null }],
          reads: { entries: ['entry'] },
        }),
      );
      await storage.close();
      const { answer: snapshot } = await read;
      if (snapshot !== null) assert.match(snapshot.entries[0]?.value ?? 'absent', /^(old|new)$/);
      const { answer } = await commit;
      if (answer === null) return;
      assertCommitted(answer);
      assert.equal(answer.snapshot.entries[0]?.value, 'new');
    },
  },
  {
    name: 'close leaves nothing behind that would keep a process from ending',
    test: async (_storage, { create }) => {
      const before = activeResources();
      // Several, so that a timer of the runner's that ends meanwhile does not make up for one that stays.
      for (let times = 0; times < 8; times++) {
        const another = await create();
        await put(another, 'a', { ttlMs: 60_000 });
        await append(another, 'list', { ttlMs: 60_000 });
        await itemsAt(another, 'list');
        await another.close();
      }
      // A socket takes a moment to be gone.
      for (let waits = 0; waits < 50 && leftOver(before).length > 0; waits++) await realWait(20);
      assert.deepEqual(leftOver(before), []);
    },
  },
];

/** Null for a failure that may end what is in flight at close; any other is thrown. */
async function outcomeOf<R>(call: Promise<R>): Promise<{ answer: R | null }> {
  try {
    return { answer: await call };
  } catch (error) {
    const isOfClose = isStateroomError(error) && ['STORAGE', 'UNKNOWN_OUTCOME', 'TIMEOUT'].includes(error.code);
    assert.ok(isOfClose, `not an error of a closed storage: ${String(error)}`);
    return { answer: null };
  }
}

/** What keeps the event loop alive, by its kind: timers, sockets, files. */
function activeResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function leftOver(before: ReadonlyMap<string, number>): string[] {
  return [...activeResources()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind);
}

function realWait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
