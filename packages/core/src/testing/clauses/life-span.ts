import assert from 'node:assert/strict';
import type { Change, StorageProvider } from '../../storage/provider.ts';
import { append, assertCommitted, assertRefused, type Clause, entryAt, itemsAt, put, scanAll } from './clause.ts';

const dayMs = 24 * 60 * 60 * 1000;

type WithTtl = (key: string, ttlMs: number | null) => Change;
const bySet =
  (version: string): WithTtl =>
  (key, ttlMs) => ({ type: 'set', key, value: 'value', version, ttlMs });
const byAppend: WithTtl = (key, ttlMs) => ({ type: 'append', key, items: ['one'], ttlMs });
const byTouch: WithTtl = (key, ttlMs) => ({ type: 'touch', key, ttlMs });

/** All the ways in which a key that was given a life span is given another. */
const ways: ReadonlyMap<string, readonly [first: WithTtl, then: WithTtl]> = new Map([
  ['set', [bySet('v1'), bySet('v2')]],
  ['append', [byAppend, byAppend]],
  ['touch of an entry', [bySet('v1'), byTouch]],
  ['touch of a list', [byAppend, byTouch]],
]);

export const lifeSpanClauses: readonly Clause[] = [
  {
    name: 'a life span is of milliseconds: 500 ms are over after 500 ms, and not before 300',
    test: async (storage, { sleep }) => {
      await put(storage, 'entry', { ttlMs: 500 });
      await append(storage, 'list', { ttlMs: 500 });
      await sleep(300);
      assert.notEqual(await entryAt(storage, 'entry'), null);
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
      await sleep(210);
      assert.equal(await entryAt(storage, 'entry'), null);
      assert.deepEqual(await itemsAt(storage, 'list'), []);
    },
  },
  {
    name: 'what has expired is absent for checks, refusals and scans as well',
    test: async (storage, { sleep }) => {
      await put(storage, 'entry', { ttlMs: 50 });
      await append(storage, 'list', { ttlMs: 50 });
      await sleep(60);
      const found = [...(await scanAll(storage, '')).values()];
      assert.deepEqual(found, []);
      const late = await storage.commit({
        checks: [
          { key: 'entry', version: 'v1' },
          { key: 'list', length: 1 },
        ],
        changes: [],
      });
      assert.deepEqual(late.refused, [
        { key: 'entry', entry: null },
        { key: 'list', length: 0 },
      ]);
      const onAbsence = await storage.commit({
        checks: [
          { key: 'entry', length: 0 },
          { key: 'list', version: null },
        ],
        changes: [
          { type: 'append', key: 'entry', items: ['now a list'], ttlMs: null },
          { type: 'set', key: 'list', value: 'now an entry', version: 'v1', ttlMs: null },
        ],
      });
      assertCommitted(onAbsence);
      assert.deepEqual(await itemsAt(storage, 'entry'), ['now a list']);
      assert.equal((await entryAt(storage, 'list'))?.value, 'now an entry');
    },
  },
  {
    name: 'a list that expired begins anew, without its old items',
    test: async (storage, { sleep }) => {
      await append(storage, 'list', { items: ['old', 'older'], ttlMs: 50 });
      await sleep(60);
      await append(storage, 'list', { items: ['new'], ttlMs: null });
      assert.deepEqual(await itemsAt(storage, 'list'), ['new']);
    },
  },
  {
    name: 'touch gives a new life span and leaves value and version as they are',
    test: async (storage, { sleep }) => {
      await put(storage, 'entry', { ttlMs: 300 });
      await append(storage, 'list', { ttlMs: 300 });
      await sleep(100);
      const touched = await storage.commit({
        checks: [{ key: 'entry', version: 'v1' }],
        changes: [
          { type: 'touch', key: 'entry', ttlMs: 5000 },
          { type: 'touch', key: 'list', ttlMs: null },
        ],
      });
      assertCommitted(touched);
      await sleep(300);
      assert.deepEqual(await entryAt(storage, 'entry'), { value: 'value', version: 'v1' });
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
    },
  },
  {
    name: 'touch revives nothing: neither what expired nor what never was',
    test: async (storage, { sleep }) => {
      await put(storage, 'expired', { ttlMs: 50 });
      await sleep(60);
      const touch = (key: string) => ({ type: 'touch', key, ttlMs: 5000 }) as const;
      assertCommitted(await storage.commit({ checks: [], changes: [touch('expired'), touch('never')] }));
      assert.equal(await entryAt(storage, 'expired'), null);
      assert.equal(await entryAt(storage, 'never'), null);
      assert.equal((await scanAll(storage, '')).size, 0);
    },
  },
  {
    name: 'a number is a new life span, longer or shorter, by set, append and touch alike',
    test: async (storage, { sleep }) => {
      await makeAll(storage, { longer: 300, shorter: 5000 });
      await changeAll(storage, { longer: 5000, shorter: 300 });
      await sleep(400);
      const found = [...(await scanAll(storage, '')).keys()];
      assert.deepEqual(new Set(found), new Set([...ways.keys()].map((way) => `${way}, longer`)));
    },
  },
  {
    name: 'truncate keeps the life span',
    test: async (storage, { sleep }) => {
      await append(storage, 'list', { items: ['one', 'two'], ttlMs: 300 });
      const changes = [{ type: 'truncate', key: 'list', length: 1 }] as const;
      assertCommitted(await storage.commit({ checks: [{ key: 'list', length: 2 }], changes }));
      assert.deepEqual(await itemsAt(storage, 'list'), ['one']);
      await sleep(310);
      assert.deepEqual(await itemsAt(storage, 'list'), []);
    },
  },
  {
    name: "'keep' keeps the life span that is left, and is for ever on a new key",
    test: async (storage, { sleep }) => {
      await put(storage, 'mortal', { ttlMs: 300 });
      await append(storage, 'list', { ttlMs: 300 });
      await put(storage, 'new', { ttlMs: 'keep' });
      await append(storage, 'new list', { ttlMs: 'keep' });
      assertCommitted(
        await storage.commit({
          checks: [{ key: 'mortal', version: 'v1' }],
          changes: [
            { type: 'set', key: 'mortal', value: 'changed', version: 'v2', ttlMs: 'keep' },
            { type: 'append', key: 'list', items: ['two'], ttlMs: 'keep' },
          ],
        }),
      );
      assert.equal((await entryAt(storage, 'mortal'))?.value, 'changed');
      await sleep(310);
      assert.equal(await entryAt(storage, 'mortal'), null);
      assert.deepEqual(await itemsAt(storage, 'list'), []);
      await assertForEver(storage, ['new', 'new list']);
    },
  },
  {
    name: "'keep' inherits nothing from what was deleted or emptied in the same commit, or has expired before",
    test: async (storage, { sleep }) => {
      await put(storage, 'expired', { ttlMs: 50 });
      await append(storage, 'expired list', { ttlMs: 50 });
      await put(storage, 'deleted', { ttlMs: 60_000 });
      await append(storage, 'deleted list', { ttlMs: 60_000 });
      await append(storage, 'emptied list', { ttlMs: 60_000 });
      await sleep(60);
      const keepSet = (key: string) => ({ type: 'set', key, value: 'new', version: 'v2', ttlMs: 'keep' }) as const;
      const keepAppend = (key: string) => ({ type: 'append', key, items: ['new'], ttlMs: 'keep' }) as const;
      const commit = await storage.commit({
        checks: [
          { key: 'expired', version: null },
          { key: 'deleted', version: 'v1' },
        ],
        changes: [
          keepSet('expired'),
          keepAppend('expired list'),
          { type: 'delete', key: 'deleted' },
          keepSet('deleted'),
          { type: 'delete', key: 'deleted list' },
          keepAppend('deleted list'),
          { type: 'truncate', key: 'emptied list', length: 0 },
          keepAppend('emptied list'),
        ],
      });
      assertCommitted(commit);
      await assertForEver(storage, ['expired', 'expired list', 'deleted', 'deleted list', 'emptied list']);
      assert.equal((await entryAt(storage, 'deleted'))?.value, 'new');
      assert.deepEqual(await itemsAt(storage, 'expired list'), ['new']);
    },
  },
  {
    name: 'null is for ever, and takes the end of life away from what was mortal, by set, append and touch alike',
    test: async (storage, { sleep }) => {
      await makeAll(storage, { mortal: 150 });
      await changeAll(storage, { mortal: null });
      await sleep(160);
      await assertForEver(
        storage,
        [...ways.keys()].map((way) => `${way}, mortal`),
      );
    },
  },
  {
    name: 'a life span is told as it was given, of a minute as of 25 days or ten years, of entries and lists',
    test: async (storage, { sleep }) => {
      const before = performance.now();
      // 25 days pass a signed 32-bit number of milliseconds, where timers overflow.
      const lives = [60_001, 60_999, 25 * dayMs, 3650 * dayMs];
      for (const ttlMs of lives) {
        await put(storage, `entry ${ttlMs}`, { ttlMs });
        await append(storage, `list ${ttlMs}`, { ttlMs });
      }
      await sleep(20);
      const found = await scanAll(storage, '');
      const elapsedMs = performance.now() - before + 20;
      for (const given of lives) {
        for (const key of [`entry ${given}`, `list ${given}`]) {
          const ttlMs = found.get(key)?.ttlMs ?? 0;
          assert.ok(ttlMs <= given && ttlMs > given - elapsedMs - 500, `${ttlMs} ms are left of ${key}`);
        }
      }
    },
  },
  {
    name: 'a check and a set of the same commit see one moment: what expired is refused, never updated',
    test: async (storage, { sleep }) => {
      await put(storage, 'entry', { ttlMs: 50 });
      await sleep(60);
      const changes = [{ type: 'set', key: 'entry', value: 'revived', version: 'v2', ttlMs: 5000 }] as const;
      assertRefused(await storage.commit({ checks: [{ key: 'entry', version: 'v1' }], changes }));
      assert.equal(await entryAt(storage, 'entry'), null);
    },
  },
];

async function makeAll(storage: StorageProvider, lives: Readonly<Record<string, number | null>>): Promise<void> {
  const changes = changesOf(lives, ([first]) => first);
  assertCommitted(await storage.commit({ checks: [checkOf(lives, null)], changes }));
}

async function changeAll(storage: StorageProvider, lives: Readonly<Record<string, number | null>>): Promise<void> {
  const changes = changesOf(lives, ([, then]) => then);
  assertCommitted(await storage.commit({ checks: [checkOf(lives, 'v1')], changes }));
}

/** One in each way for each of the life spans, of the key that is named after both. */
function changesOf(
  lives: Readonly<Record<string, number | null>>,
  step: (way: readonly [WithTtl, WithTtl]) => WithTtl,
): Change[] {
  return [...ways].flatMap(([name, way]) =>
    Object.entries(lives).map(([life, ttlMs]) => step(way)(`${name}, ${life}`, ttlMs)),
  );
}

function checkOf(lives: Readonly<Record<string, unknown>>, version: string | null) {
  return { key: `set, ${Object.keys(lives)[0]}`, version };
}

async function assertForEver(storage: StorageProvider, keys: readonly string[]): Promise<void> {
  const found = await scanAll(storage, '');
  for (const key of keys) assert.equal(found.get(key)?.ttlMs, null, `the life of ${key}`);
}
