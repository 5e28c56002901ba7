import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryStorage } from '../storage/memory.ts';
import { manualClock } from '../testing/clock.ts';
import { override } from '../storage/override.ts';
import { unwrapOrNull } from './result.ts';
import { SessionManager } from './session-manager.ts';

const idleMs = 1000;
const id = fc.constantFrom('a', 'b', '__proto__');
const anyStep = fc.oneof(
  fc.record({ do: fc.constant('create' as const), id }),
  fc.record({ do: fc.constant('get' as const), id }),
  fc.record({ do: fc.constant('update' as const), id, by: fc.integer({ min: -9, max: 9 }) }),
  fc.record({ do: fc.constant('touch' as const), id }),
  fc.record({ do: fc.constant('reset' as const), id }),
  fc.record({ do: fc.constant('delete' as const), id }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: idleMs }) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never;

/** What a session is, in a few lines: a number that dies when it was idle for too long. */
class Model {
  readonly #sessions = new Map<string, { sum: number; diesAt: number }>();

  apply(step: Step, now: number): number | boolean | null {
    if (step.do === 'wait') return null;
    const found = this.#sessions.get(step.id);
    const alive = found !== undefined && found.diesAt > now ? found : null;
    if (step.do === 'get') return alive?.sum ?? null;
    if (step.do === 'delete') return this.#sessions.delete(step.id) && alive !== null;
    if (step.do === 'create' ? alive !== null : alive === null) return null;
    const before = alive?.sum ?? 0;
    const sum = step.do === 'update' ? before + step.by : step.do === 'touch' ? before : 0;
    this.#sessions.set(step.id, { sum, diesAt: now + idleMs });
    return sum;
  }
}

describe('SessionManager', () => {
  it('answers any mix of calls by several managers on one storage as a sequential model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyStep, fc.nat(2)), { maxLength: 40 }), async (steps) => {
        const clock = manualClock();
        const storage = memoryStorage({ clock: clock.now });
        const managers = [0, 1, 2].map(() => manager(storage, clock.now));
        const model = new Model();
        for (const [step, which] of steps) {
          if (step.do === 'wait') await clock.advance(step.ms);
          const sessions = managers[which] ?? manager(storage, clock.now);
          expect(await answer(sessions, step)).toEqual(model.apply(step, clock.now()));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('loses nothing and brings nothing back, in whatever order the storage answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('add', 'delete'), { maxLength: 6 }),
        async (scheduler, calls) => {
          const storage = memoryStorage();
          const slow = override(storage, {
            read: scheduler.scheduleFunction(storage.read.bind(storage)),
            commit: scheduler.scheduleFunction(storage.commit.bind(storage)),
          });
          const sessions = manager(storage, Date.now);
          await sessions.createSession({ sessionId: 'a' });
          const racing = calls.map((call) => {
            const own = manager(slow, Date.now);
            return call === 'add' ? own.updateSession('a', ({ sum }) => ({ sum: sum + 1 })) : own.deleteSession('a');
          });
          const results = await scheduler.waitFor(Promise.all(racing));
          const left = unwrapOrNull(await sessions.getSession('a'));
          const added = results.filter((result, index) => result.success && calls[index] === 'add').length;
          expect(left?.data.sum ?? null).toEqual(calls.includes('delete') ? null : added);
          expect(calls.includes('delete') || added === calls.length).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function manager(storage: ReturnType<typeof memoryStorage>, clock: () => number) {
  const schema = z.object({ sum: z.number() });
  return new SessionManager({ storage, clock, schema, initialState: () => ({ sum: 0 }), ttl: { idleMs } });
}

async function answer(sessions: ReturnType<typeof manager>, step: Step): Promise<number | boolean | null> {
  if (step.do === 'wait') return null;
  if (step.do === 'delete') return unwrapOrNull(await sessions.deleteSession(step.id))?.data ?? null;
  if (step.do === 'create') {
    const result = await sessions.createSession({ sessionId: step.id });
    return result.success ? result.data.sum : null;
  }
  const calls = {
    get: () => sessions.getSession(step.id),
    touch: () => sessions.touchSession(step.id),
    reset: () => sessions.resetSession(step.id),
    update: () => sessions.updateSession(step.id, ({ sum }) => ({ sum: sum + (step.do === 'update' ? step.by : 0) })),
  };
  return unwrapOrNull(await calls[step.do]())?.data.sum ?? null;
}
