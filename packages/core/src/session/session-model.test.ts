import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryStorage } from '../storage/memory.ts';
import { override } from '../storage/override.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { sqliteStorage } from '../storage/sqlite.ts';
import { manualClock } from '../testing/clock.ts';
import { seed } from '../testing/seed.ts';
import type { SessionResult } from './result.ts';
import { unwrapOrNull } from './result.ts';
import { SessionManager } from './session-manager.ts';

const idleMs = 1000;
const absoluteMs = 1500;
const sessionId = fc.constantFrom('a', '__proto__');
const owner = fc.constantFrom('me', 'you');
const access = fc.record({ sessionId, owner });
const anyStep = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    sessionId,
    owner,
    ifExists: fc.constantFrom('error', 'return', 'replace'),
  }),
  fc.record({ do: fc.constant('update' as const), sessionId, owner, by: fc.integer({ min: -9, max: 9 }) }),
  fc
    .record({ do: fc.constantFrom('get', 'touch', 'reset', 'delete', 'list', 'handle') })
    .chain(({ do: what }) => access.map((target) => ({ ...target, do: what }))),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: idleMs * 0.6 }) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;
type Answer = number | boolean | string | null | readonly string[];

/** What a session is, in a few lines: an owner's number that ends when it was idle for too long, or after its time. */
class Model {
  readonly #sessions = new Map<
    string,
    { owner: string; sum: number; madeAt: number; activeAt: number; order: number }
  >();
  #made = 0;

  apply(step: Step, now: number): Answer {
    if (step.do === 'wait') return null;
    this.#bury(now);
    if (step.do === 'list') return this.#list(step.owner);
    const found = this.#sessions.get(step.sessionId);
    if (step.do === 'create') return this.#create(step, found?.owner, now);
    const own = found?.owner === step.owner ? found : null;
    if (step.do === 'delete') return own !== null && this.#sessions.delete(step.sessionId);
    if (own === null) return null;
    if (step.do === 'get') return own.sum;
    own.activeAt = now;
    if (step.do === 'update') own.sum += step.by;
    if (step.do === 'handle') own.sum += 2;
    if (step.do === 'reset') own.sum = 0;
    return own.sum;
  }

  #create(step: Extract<Step, { do: 'create' }>, there: string | undefined, now: number): Answer {
    const own = this.#sessions.get(step.sessionId);
    if (there !== undefined && (there !== step.owner || step.ifExists === 'error')) return 'EXISTS';
    if (own !== undefined && step.ifExists === 'return') return own.sum;
    const order = this.#made++;
    this.#sessions.set(step.sessionId, { owner: step.owner, sum: 0, madeAt: now, activeAt: now, order });
    return 0;
  }

  #list(by: string): readonly string[] {
    const own = [...this.#sessions].filter(([, session]) => session.owner === by);
    return own.toSorted(([, a], [, b]) => b.order - a.order).map(([id]) => id);
  }

  #bury(now: number): void {
    for (const [id, { madeAt, activeAt }] of this.#sessions) {
      if (now >= activeAt + idleMs || now >= madeAt + absoluteMs) this.#sessions.delete(id);
    }
  }
}

describe(`SessionManager (SEED=${seed})`, () => {
  const files: StorageProvider[] = [];
  afterAll(() => Promise.all(files.map((storage) => storage.close())));

  it.each([
    { name: 'memory', numRuns: 300, create: memoryStorage },
    {
      name: 'SQLite',
      numRuns: 40,
      create: ({ clock }: { readonly clock: () => number }) => {
        const storage = sqliteStorage({ path: ':memory:', clock });
        files.push(storage);
        return storage;
      },
    },
  ])(
    'on $name answers any mix of calls by several managers as a sequential model does',
    async ({ create, numRuns }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(anyStep, fc.nat(2)), { maxLength: 60, size: 'max' }), async (steps) => {
          const clock = manualClock();
          const storage = create({ clock: clock.now });
          const managers = [0, 1, 2].map(() => manager(storage, clock.now));
          const model = new Model();
          for (const [step, which] of steps) {
            if (step.do === 'wait') await clock.advance(step.ms);
            const sessions = managers[which] ?? manager(storage, clock.now);
            const before = await contents(storage);
            expect([step, await answer(sessions, step)]).toEqual([step, model.apply(step, clock.now())]);
            // Reading changes nothing, whatever it meets.
            expect(step.do === 'get' ? await contents(storage) : before).toEqual(before);
          }
        }),
        { numRuns, seed },
      );
    },
  );

  it('loses nothing and brings nothing back, in whatever order the storage answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('add', 'delete', 'touch', 'get'), { maxLength: 6 }),
        async (scheduler, calls) => {
          const storage = memoryStorage();
          const slow = override(storage, {
            read: scheduler.scheduleFunction(storage.read.bind(storage)),
            commit: scheduler.scheduleFunction(storage.commit.bind(storage)),
          });
          const sessions = manager(storage, Date.now);
          await sessions.createSession({ sessionId: 'a' });
          const racing = calls.map((call) => {
            const own = manager(slow, Date.now, 'read');
            const update = () => own.updateSession('a', ({ sum }) => ({ sum: sum + 1 }));
            const doing = {
              add: update,
              delete: () => own.deleteSession('a'),
              touch: () => own.touchSession('a'),
              get: () => own.getSession('a'),
            };
            return doing[call]();
          });
          const results = await scheduler.waitFor(Promise.all(racing));
          const left = unwrapOrNull(await sessions.getSession('a'));
          const added = results.filter((result, index) => result.success && calls[index] === 'add').length;
          const wasDeleted = calls.includes('delete');
          expect(left?.data.sum ?? null).toEqual(wasDeleted ? null : added);
          expect(wasDeleted || added === calls.filter((call) => call === 'add').length).toBe(true);
          const { found } = await storage.scan('', null, 10);
          expect(found.map(({ key }) => key).toSorted()).toEqual(
            wasDeleted ? [] : ['sessions:{a}', 'sessions:{a}:guard'],
          );
        },
      ),
      { numRuns: 200, seed },
    );
  });

  it('makes one session of many creations, replacements and deletions, in whatever order the storage answers', async () => {
    const call = fc.constantFrom('create', 'replace', 'add', 'delete');
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(call, { minLength: 1, maxLength: 6 }), async (scheduler, calls) => {
        const storage = memoryStorage();
        const slow = override(storage, {
          read: scheduler.scheduleFunction(storage.read.bind(storage)),
          commit: scheduler.scheduleFunction(storage.commit.bind(storage)),
        });
        const racing = calls.map(async (doing): Promise<SessionResult<{ sum: number }> | boolean> => {
          const own = manager(slow, Date.now);
          if (doing === 'create') return own.createSession({ sessionId: 'a' });
          if (doing === 'replace') return own.createSession({ sessionId: 'a', ifExists: 'replace' });
          if (doing === 'add') return own.updateSession('a', ({ sum }) => ({ sum: sum + 1 }));
          return (await own.deleteSession('a')).success;
        });
        const results = await scheduler.waitFor(Promise.all(racing));
        const failures = results.flatMap((result) =>
          typeof result === 'object' && !result.success ? [result.error.code] : [],
        );
        expect(failures.filter((code) => code !== 'NOT_FOUND' && code !== 'EXISTS')).toEqual([]);
        // Record and guard go together, whoever came last.
        const keys = (await storage.scan('sessions:{', null, 10)).found.map(({ key }) => key).toSorted();
        expect([[], ['sessions:{a}', 'sessions:{a}:guard']]).toContainEqual(keys);
        const left = unwrapOrNull(await manager(storage, Date.now).getSession('a'));
        expect(left === null).toBe(keys.length === 0);
        const isMade = calls.some((doing) => doing === 'create' || doing === 'replace');
        expect(left === null && isMade && !calls.includes('delete')).toBe(false);
      }),
      { numRuns: 200, seed },
    );
  });
});

function manager(storage: StorageProvider, clock: () => number, slideOn: 'write' | 'read' = 'write') {
  const schema = z.object({ sum: z.number() });
  const ttl = { idleMs, absoluteMs, slideOn };
  return new SessionManager({ storage, clock, schema, initialState: () => ({ sum: 0 }), ttl });
}

async function contents(storage: StorageProvider): Promise<unknown> {
  const { found } = await storage.scan('', null, 1000);
  const entries = found.filter(({ kind }) => kind === 'entry').map(({ key }) => key);
  const lists = found.filter(({ kind }) => kind === 'list').map(({ key }) => ({ key }));
  return { found, ...(await storage.read({ entries, lists })) };
}

async function answer(sessions: ReturnType<typeof manager>, step: Step): Promise<Answer> {
  if (step.do === 'wait') return null;
  const { sessionId: id, owner: by } = step;
  if (step.do === 'list') return (await sessions.listSessions({ owner: by })).sessions.map((each) => each.sessionId);
  if (step.do === 'delete') return unwrapOrNull(await sessions.deleteSession(id, { owner: by }))?.data ?? null;
  if (step.do === 'create') {
    const { ifExists } = step;
    const result = await sessions.createSession({ sessionId: id, owner: by, ifExists });
    return result.success ? result.data.sum : result.error.code;
  }
  const add = (amount: number) => (state: { sum: number }) => ({ sum: state.sum + amount });
  const calls = {
    get: () => sessions.getSession(id, { owner: by }),
    touch: () => sessions.touchSession(id, { owner: by }),
    reset: () => sessions.resetSession(id, { owner: by }),
    update: () => sessions.updateSession(id, add('by' in step ? step.by : 0), { owner: by }),
    handle: async () => {
      const handle = sessions.handle(id, { owner: by });
      await handle.update(add(1));
      return handle.update(add(1));
    },
  };
  return unwrapOrNull(await calls[step.do]())?.data.sum ?? null;
}
