import assert from 'node:assert/strict';
import { append, assertCommitted, assertRefused, type Clause, entryAt, itemsAt, put, scanAll } from './clause.ts';

/** Longer than a signed 32-bit number of milliseconds, where timers overflow. */
const twentyFiveDaysMs = 25 * 24 * 60 * 60 * 1000;

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
      const late = await storage.commit({ checks: [{ key: 'entry', version: 'v1' }], changes: [] });
      assert.deepEqual(late.refused, [{ key: 'entry', entry: null }]);
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
      for (const key of ['set longer', 'set shorter', 'touched shorter']) {
        await put(storage, key, { ttlMs: key.endsWith('longer') ? 300 : 5000 });
      }
      await append(storage, 'list longer', { ttlMs: 300 });
      await append(storage, 'list shorter', { ttlMs: 5000 });
      const set = (key: string, ttlMs: number) => ({ type: 'set', key, value: 'new', version: 'v2', ttlMs }) as const;
      const more = (key: string, ttlMs: number) => ({ type: 'append', key, items: ['two'], ttlMs }) as const;
      assertCommitted(
        await storage.commit({
          checks: [{ key: 'set longer', version: 'v1' }],
          changes: [
            set('set longer', 5000),
            set('set shorter', 300),
            { type: 'touch', key: 'touched shorter', ttlMs: 300 },
            more('list longer', 5000),
            more('list shorter', 300),
          ],
        }),
      );
      await sleep(400);
      const found = [...(await scanAll(storage, '')).keys()];
      assert.deepEqual(
        found.toSorted((a, b) => (a < b ? -1 : 1)),
        ['list longer', 'set longer'],
      );
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
      assert.notEqual(await entryAt(storage, 'new'), null);
    },
  },
  {
    name: 'null is for ever, and takes the end of life away from what was mortal',
    test: async (storage, { sleep }) => {
      await put(storage, 'entry', { ttlMs: 100 });
      const checks = [{ key: 'entry', version: 'v1' }];
      const changes = [{ type: 'set', key: 'entry', value: 'kept', version: 'v2', ttlMs: null }] as const;
      assertCommitted(await storage.commit({ checks, changes }));
      await sleep(150);
      assert.equal((await entryAt(storage, 'entry'))?.value, 'kept');
      assert.equal((await scanAll(storage, '')).get('entry')?.ttlMs, null);
    },
  },
  {
    name: '25 days are neither at once nor for ever',
    test: async (storage, { sleep }) => {
      await put(storage, 'entry', { ttlMs: twentyFiveDaysMs });
      await sleep(20);
      assert.notEqual(await entryAt(storage, 'entry'), null);
      const ttlMs = (await scanAll(storage, '')).get('entry')?.ttlMs ?? 0;
      assert.ok(ttlMs > twentyFiveDaysMs - 60_000 && ttlMs <= twentyFiveDaysMs, `${ttlMs} ms are left`);
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
