import { SessionManager, type StorageProvider, unwrap } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { flaky, manualClock, override } from '@stateroom/core/testing';
import { assert, asyncProperty, integer, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seed } from '../../../core/src/testing/seed.ts';
import { inHeldTime, pass, settled, sleep } from '../testing/schedules/virtual-time.ts';
import { aborted, access, brief, desk, logged, moment, name, never, tell } from '../testing/pipelines/desk.ts';
import { PipelineManager } from './pipeline-manager.ts';
import { pipelineAttachment } from './pipeline-parts.ts';

function counted(storage: StorageProvider) {
  const trips = { reads: 0, commits: 0 };
  const counting = override(storage, {
    read: (reads) => {
      trips.reads += 1;
      return storage.read(reads);
    },
    commit: (transaction) => {
      trips.commits += 1;
      return storage.commit(transaction);
    },
  });
  return { trips, counting };
}

/** Memory whose clock goes on by itself, and can be put forward while no process notices. */
function lapsing() {
  const lapse = manualClock(0);
  const storage = memoryStorage({ clock: () => Date.now() + lapse.now() });
  return { storage, lapse: async (ms: number) => lapse.advance(ms) };
}

describe('what a pipeline costs', () => {
  it.each([
    ['one step', ['a'], [], 3],
    ['four steps', ['a', 'b', 'c', 'd'], [], 6],
    ['four, before one of which something is asked', ['a', 'b', 'c', 'd'], ['c'], 7],
    ['four, before the first of which something is asked', ['a', 'b', 'c', 'd'], ['a'], 7],
  ])('is two round trips and one for each step: %s', async (_, names, asked, trips) => {
    const { trips: made, counting } = counted(memoryStorage());
    const { create, run } = desk(counting);
    await create();
    Object.assign(made, { reads: 0, commits: 0 });
    await run(logged([], ...names).map((step) => (asked.includes(step.name) ? { ...step, when: () => true } : step)));
    expect(made).toEqual({ reads: 1, commits: trips - 1 });
  });
});

describe(`over a bad network, a pipeline (SEED=${seed})`, () => {
  it('runs each step once, whichever replies are lost', async () => {
    const lost = uniqueArray(integer({ min: 2, max: 12 }), { maxLength: 8 });
    await assert(
      asyncProperty(lost, async (losses) => {
        const storage = memoryStorage();
        const { create, run, get, told } = desk(flaky(storage, { losesReply: (commit) => losses.includes(commit) }));
        await create();
        const log: string[] = [];
        const writing = {
          name: 'b',
          run: ({ update }: { update: (change: ReturnType<typeof tell>) => void }) => update(tell('b')),
        };
        const steps = [...logged(log, 'a'), writing, ...logged(log, 'c')];
        const outcome = await run(steps, { runId: 'r' }).catch((error: unknown) => error);
        const seen = { log, told: await told(), outcome };
        // Three replies in a row, and nobody knows whether it has begun; all else is waited out.
        const isUnknown = [3, 4, 5].every((commit) => losses.includes(commit));
        expect(seen).toMatchObject(
          isUnknown
            ? { log: [], told: [], outcome: { code: 'UNKNOWN_OUTCOME' } }
            : { log: ['a', 'c'], told: ['b'], outcome: { status: 'ok', results: (await get()).run?.results } },
        );
      }),
      { seed, numRuns: 40 },
    );
  });

  it('waits until the storage is there again, as long as its lease lasts', async () => {
    let isDown = false;
    const { create, run } = desk(flaky(memoryStorage(), { isDown: () => isDown }));
    await create();
    const outage = () => {
      isDown = true;
      setTimeout(() => {
        isDown = false;
      }, 50);
    };
    expect((await run([{ name: 'a', run: outage }, ...logged([], 'b')])).status).toBe('ok');
  });

  it('throws STORAGE when the storage is gone for longer, and aborts the step that is under way', async () => {
    let isDown = false;
    const { create, run } = desk(flaky(memoryStorage(), { isDown: () => isDown }), { leaseMs: 100 });
    await create();
    const reasons: unknown[] = [];
    const outage = async ({ signal }: { readonly signal: AbortSignal }) => {
      isDown = true;
      reasons.push(await aborted(signal));
    };
    await expect(run([{ name: 'a', run: outage }])).rejects.toMatchObject({ code: 'STORAGE' });
    await expect.poll(() => reasons).toEqual([expect.objectContaining({ code: 'STORAGE' })]);
  });
});

describe('a process that has stood still for too long', () => {
  it('stores nothing of its run any more, and is told so; another has gone on', async () => {
    const { storage, lapse } = lapsing();
    const [here, there] = [desk(storage), desk(storage)];
    await here.create();
    const [begun, goOn] = [moment(), moment()];
    const late = {
      name: 'two',
      isIdempotent: true,
      run: async ({ update }: { update: (change: ReturnType<typeof tell>) => void }) => {
        update(tell('late'));
        begun.happens();
        await goOn.come;
        return 'late';
      },
    };
    const lost = here.run([...logged([], 'one'), late, ...logged([], 'three')], { runId: 'r' });
    await begun.come;
    await lapse(30_001);
    const soon = { name: 'two', isIdempotent: true, run: () => 'soon' };
    const outcome = await there.run([...logged([], 'one'), soon, ...logged([], 'three')], { runId: 'r' });
    goOn.happens();
    await expect(lost).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(outcome.results.map(({ value }) => value)).toEqual(['one', 'soon', 'three']);
    expect([(await here.get()).run?.results, await here.told()]).toEqual([outcome.results, []]);
  });

  it('hears of it by the next renewal, and the signal tells its step', async () => {
    const { storage, lapse } = lapsing();
    const here = desk(storage, { leaseMs: 400 });
    await here.create();
    const begun = moment();
    const reasons: unknown[] = [];
    const waits = async ({ signal }: { readonly signal: AbortSignal }) => {
      begun.happens();
      reasons.push(await aborted(signal));
      return never();
    };
    const lost = here.run([{ name: 'one', run: waits }]).catch((error: unknown) => error);
    await begun.come;
    await lapse(401);
    expect((await desk(storage).run(logged([], 'one'))).status).toBe('ok');
    expect(await lost).toMatchObject({ code: 'LEASE_LOST' });
    expect(reasons).toEqual([expect.objectContaining({ code: 'LEASE_LOST' })]);
  });
});

describe('the lease of a pipeline', () => {
  it('is renewed while a step runs, and keeps its session alive', async () => {
    await inHeldTime(async () => {
      const storage = memoryStorage();
      const here = desk(storage, { leaseMs: 1000, ttl: { idleMs: 1500 } });
      await here.create();
      const outcome = here.run([{ name: 'long', run: () => sleep(10_000) }]);
      for (let waitedMs = 0; waitedMs < 9_000; waitedMs += 100) {
        await settled();
        pass(100);
      }
      await expect(desk(storage).run(logged([], 'no'))).rejects.toMatchObject({ code: 'CONFLICT' });
      for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 100) {
        await settled();
        pass(100);
      }
      expect(brief((await outcome).results)).toEqual([['long', 'ok', null]]);
    });
  });

  it('is the right to run a pipeline of one session, not of the one before it that had its id', async () => {
    const { storage, lapse } = lapsing();
    const here = desk(storage, { ttl: { idleMs: 1000 } });
    await here.create();
    const [begun, goOn] = [moment(), moment()];
    const lost = here.run([{ name: 'one', run: async () => (begun.happens(), goOn.come) }], { runId: 'r' });
    await begun.come;
    await lapse(1001);
    const there = desk(storage);
    await there.create();
    expect(await there.get()).toEqual({ run: null, last: null });
    expect((await there.run(logged([], 'one'), { runId: 'r' })).status).toBe('ok');
    goOn.happens();
    await expect(lost).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('what pipelines keep beside a session', () => {
  it('lives for as long as the session is used, and goes with it', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const here = desk(storage, { clock: clock.now, ttl: { idleMs: 1000 } });
    await here.create();
    await here.run(logged([], 'one'), { runId: 'r' });
    for (let round = 0; round < 5; round++) {
      await clock.advance(900);
      unwrap(await here.sessions.updateSession('s', tell('still here')));
    }
    expect((await here.get()).last?.value).toBe('one');
    await clock.advance(3001);
    expect((await storage.scan('desk:{', null, 10)).found).toEqual([]);
  });

  it('can be deleted though it cannot be read', async () => {
    const storage = memoryStorage();
    const { create, sessions, run, get } = desk(storage);
    await create();
    const key = sessions.parts.keys('s').ofPart('pipelines', 'runs');
    const put = async (value: string, before: string | null, version: string) =>
      storage.commit({
        checks: [{ key, version: before }],
        changes: [{ type: 'set', key, value, version, ttlMs: null }],
      });
    await put('{"format":1,"oops":true}', null, 'v1');
    await expect(run(logged([], 'one'))).rejects.toMatchObject({ code: 'INVALID_STATE', path: 'pipelines' });
    await put('{"format":2}', 'v1', 'v2');
    await expect(get()).rejects.toMatchObject({ code: 'NEWER_VERSION', path: 'pipelines' });
    await put('no JSON', 'v2', 'v3');
    await expect(get()).rejects.toMatchObject({ code: 'INVALID_STATE' });
    unwrap(await sessions.deleteSession('s'));
    expect((await storage.scan('desk:{', null, 10)).found).toEqual([]);
  });
});

describe('a PipelineManager', () => {
  it('says at once what it cannot work with, and what would do', async () => {
    const sessions = (attachments: (typeof pipelineAttachment)[]) =>
      new SessionManager({
        storage: memoryStorage(),
        schema: z.object({}),
        initialState: () => ({}),
        lists: ['log'],
        attachments,
      });
    const fault = { code: 'INVALID', path: 'sessions', message: expect.stringContaining('pipelineAttachment') };
    expect(() => new PipelineManager({ sessions: sessions([]) })).toThrow(expect.objectContaining(fault));
    for (const leaseMs of [0, -1, 1.5, Number.NaN]) {
      const path = 'leaseMs';
      expect(() => new PipelineManager({ sessions: sessions([pipelineAttachment]), leaseMs })).toThrow(
        expect.objectContaining({ path }),
      );
    }
  });

  it.each([
    ['name', { name: 'a b' }],
    ['name', { name: '' }],
    ['runId', { runId: '' }],
    ['keep', { keep: 'all' as never }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['steps[0].name', { steps: logged([], '') }],
    ['steps[2].name', { steps: logged([], 'a', 'b', 'a') }],
    ['steps[0].timeoutMs', { steps: [{ name: 'a', run: never, timeoutMs: 2 ** 31 }] }],
  ])('refuses what cannot be, by its path: %s', async (path, wrong) => {
    const { create, pipelines } = desk(memoryStorage());
    await create();
    const options = { ...access, name, steps: logged([], 'a'), ...wrong };
    await expect(pipelines.run('s', options)).rejects.toMatchObject({ path });
  });

  it('tells the logger of what has failed, with what was thrown and no value', async () => {
    const lines: unknown[][] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const logger = { debug: log, info: log, warn: log, error: log };
    const { create, run } = desk(memoryStorage(), { logger });
    await create();
    const error = new Error('boom');
    await run([...logged([], 'secret'), { name: 'fails', run: () => Promise.reject(error) }]);
    expect(lines).toEqual([[{ pipeline: name, step: 'fails', code: 'THROWN', error }, expect.any(String)]]);
  });
});
