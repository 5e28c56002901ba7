import { inspect } from 'node:util';
import { StateroomError, unwrap } from '@stateroom/core';
import { describe, expect, it } from 'vitest';
import { aborted, access, brief, desk, logged, name, never, tell, type Told } from '../testing/pipelines/desk.ts';
import { onEachStorage, type OpenStorage } from '../testing/pipelines/engines.ts';
import type { StepContext } from './step.ts';
import type { StepResult } from './stored.ts';

describe('a pipeline', () => {
  onEachStorage((open) => {
    steps(open);
    handingOn(open);
    limits(open);
  });
});

function steps(open: OpenStorage): void {
  it.each([5, 'ready', 0, '', {}, { code: 'X' }, { note: 'n', code: 404 }, null, undefined])(
    'fails a step whose precondition answers %j, and nothing else of the session',
    async (answer) => {
      const { create, run, get } = desk(open());
      await create();
      const odd = { name: 'odd', when: () => answer as never, run: () => 1 };
      const outcome = await run([{ name: 'charge', run: () => 'charged' }, odd]);
      expect(outcome.results).toMatchObject([{ value: 'charged' }, { status: 'failed', code: 'INVALID' }]);
      expect(await get()).toMatchObject({ last: { value: 'charged' } });
      expect(await run([{ name: 'one', run: () => 1 }], { name: 'other' })).toMatchObject({ status: 'ok' });
    },
  );

  it('runs its steps in order, each with the state, the result before it, and a key of its own', async () => {
    const storage = open();
    const { create, run, told, get } = desk(storage);
    await create();
    const seen: Partial<StepContext<Told>>[] = [];
    const note = ({ order, runId, previous, idempotencyKey, state }: StepContext<Told>) =>
      seen.push({ order, runId, previous, idempotencyKey, state });
    const outcome = await run(
      [
        {
          name: 'one',
          run: (context) => {
            note(context);
            context.update(tell('one'));
            expect(context.state.told).toEqual(['one']);
            return { viewerId: 7 };
          },
        },
        { name: 'two', run: async (context) => void note(context) },
      ],
      { runId: 'r1' },
    );
    expect(outcome).toMatchObject({ runId: 'r1', status: 'ok' });
    expect(outcome.results).toEqual([
      {
        order: 1,
        name: 'one',
        status: 'ok',
        note: null,
        code: null,
        value: { viewerId: 7 },
        startedAt: expect.any(Number),
        endedAt: expect.any(Number),
      },
      {
        order: 2,
        name: 'two',
        status: 'ok',
        note: null,
        code: null,
        value: null,
        startedAt: expect.any(Number),
        endedAt: expect.any(Number),
      },
    ]);
    const [first, second] = seen;
    expect(first).toMatchObject({ order: 1, runId: 'r1', previous: null, state: { told: [] } });
    expect(second).toMatchObject({
      order: 2,
      previous: { name: 'one', value: { viewerId: 7 } },
      state: { told: ['one'] },
    });
    expect(new Set([first?.idempotencyKey, second?.idempotencyKey]).size).toBe(2);
    expect(first?.idempotencyKey).toMatch(/^[0-9a-f]{64}$/);
    expect(await told()).toEqual(['one']);
    expect(await get()).toEqual({ run: { runId: 'r1', status: 'ok', results: outcome.results }, last: outcome.last });
  });

  it('stops at the first step that fails, which is the last of the results; the call does not throw', async () => {
    const { create, run, told } = desk(open());
    await create();
    const log: string[] = [];
    const fault = Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' });
    const [before, after] = logged(log, 'before', 'after');
    const fail = (context: { update: (change: ReturnType<typeof tell>) => void }) => {
      context.update(tell('never stored'));
      throw fault;
    };
    const outcome = await run([...(before ? [before] : []), { name: 'fails', run: fail }, ...(after ? [after] : [])]);
    expect(outcome.status).toBe('failed');
    expect(outcome.results.map(({ status, code, note }) => [status, code, note])).toEqual([
      ['ok', null, null],
      ['failed', 'EHOSTUNREACH', 'no route'],
    ]);
    expect([log, await told()]).toEqual([['before'], []]);
  });

  it.each([
    [
      'an Error',
      () => {
        throw new Error('boom');
      },
      'THROWN',
      'boom',
    ],
    [
      'what is no Error',
      () => {
        throw 'boom' as unknown;
      },
      'THROWN',
      'it threw what is no Error',
    ],
    [
      'a StateroomError',
      () => {
        throw new StateroomError('LIMIT', 'too many');
      },
      'LIMIT',
      'too many',
    ],
    ['a rejection', async () => Promise.reject(new Error('later')), 'THROWN', 'later'],
    [
      'a result that JSON would change',
      () => ({ at: [new Date(0)] }),
      'INVALID_STATE',
      expect.stringContaining('value.at[0]'),
    ],
    [
      'a state that does not fit',
      ({ update }: StepContext<{ told: string[] }>) => update(() => JSON.parse('{"told":7}')),
      'INVALID_STATE',
      expect.stringContaining('told'),
    ],
  ])('has failed with a code and a note after %s', async (_, stepRun, code, note) => {
    const { create, run, told } = desk(open());
    await create();
    const outcome = await run([{ name: 'fails', run: stepRun }]);
    expect(outcome).toMatchObject({
      status: 'failed',
      results: [{ order: 1, status: 'failed', code, note, value: null }],
    });
    expect([outcome.last, await told()]).toEqual([null, []]);
  });

  it('skips a step whose precondition does not hold, says why, and goes on', async () => {
    const { create, run } = desk(open());
    await create();
    const log: string[] = [];
    const [one, two, three, four] = logged(log, 'one', 'two', 'three', 'four');
    if (!one || !two || !three || !four) throw new Error('four steps');
    const outcome = await run([
      { ...one, when: async () => false },
      { ...two, when: ({ previous }) => previous === null },
      { ...three, when: ({ previous }) => ({ code: 'NO_VIEWER', note: `${String(previous?.value)} has no viewer` }) },
      four,
    ]);
    expect(outcome.status).toBe('skipped');
    expect(outcome.results.map(({ order, status, code, note }) => [order, status, code, note])).toEqual([
      [1, 'skipped', null, 'its precondition did not hold'],
      [2, 'ok', null, null],
      [3, 'skipped', 'NO_VIEWER', 'two has no viewer'],
      [4, 'ok', null, null],
    ]);
    expect(log).toEqual(['two', 'four']);
  });

  it('is over where the last steps are skipped, or all; a precondition that throws is a failure', async () => {
    const { create, run, get } = desk(open());
    await create();
    const [one, two] = logged([], 'one', 'two');
    if (!one || !two) throw new Error('two steps');
    const no = () => false;
    expect((await run([one, { ...two, when: no }])).status).toBe('skipped');
    expect(
      (
        await run([
          { ...one, when: no },
          { ...two, when: no },
        ])
      ).results,
    ).toHaveLength(2);
    expect((await get()).run?.status).toBe('skipped');
    const boom = () => {
      throw new Error('boom');
    };
    expect(brief((await run([{ ...one, when: boom }, two])).results)).toEqual([['one', 'failed', 'THROWN']]);
  });

  it('loses nothing of what others change in the state meanwhile', async () => {
    const { create, run, sessions, told } = desk(open());
    await create();
    await run([
      {
        name: 'slow',
        run: async ({ update }) => {
          update(tell('mine'));
          unwrap(await sessions.updateSession('s', tell('theirs')));
        },
      },
    ]);
    expect(await told()).toEqual(['theirs', 'mine']);
  });
}

function handingOn(open: OpenStorage): void {
  it('hands its last result to the first step of the next run that is chained, after a failure too', async () => {
    const { create, run } = desk(open());
    await create();
    const got: unknown[] = [];
    const take = {
      name: 'take',
      run: ({ previous }: { previous: StepResult | null }) => void got.push(previous?.value ?? null),
    };
    await run([
      { name: 'give', run: () => 'given' },
      { name: 'fails', run: () => Promise.reject(new Error('no')) },
    ]);
    await run([], { chain: true });
    await run([{ name: 'skipped', when: () => false, run: never }], { chain: true });
    await run([{ ...take, when: ({ previous }) => previous?.value === 'given' }], { chain: true });
    await run([take]);
    expect(got).toEqual(['given', null]);
  });

  it.each([
    ['last-ok', ['ok', 'given']],
    ['last-any', ['failed', null]],
  ] as const)('keeps what `keep` says: %s', async (keep, expected) => {
    const { create, run, get } = desk(open());
    await create();
    const outcome = await run(
      [
        { name: 'give', run: () => 'given' },
        { name: 'skip', when: () => false, run: never },
        { name: 'fail', run: () => Promise.reject(new Error('no')) },
      ],
      { keep },
    );
    expect([outcome.last?.status, outcome.last?.value]).toEqual(expected);
    expect((await get()).last).toEqual(outcome.last);
  });

  it('leaves the last result as it was where there are no steps; it can be set, and cleared', async () => {
    const { create, run, get, pipelines } = desk(open());
    await create();
    const { last } = await run(logged([], 'one'));
    expect(await run([])).toMatchObject({ status: 'ok', results: [], last });
    await pipelines.setLast('s', { ...access, name, last: null });
    expect((await get()).last).toBeNull();
    if (last === null) throw new Error('there was a last result');
    await pipelines.setLast('s', { ...access, name, last });
    expect((await get()).last).toEqual(last);
    const wrong = { ...last, value: new Map() };
    await expect(pipelines.setLast('s', { ...access, name, last: wrong })).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
    await expect(pipelines.setLast('s', { ...access, name, last: { ...last, order: 0 } })).rejects.toMatchObject({
      path: 'last',
    });
  });

  it('gives copies: whoever changes what they were given changes nothing stored', async () => {
    const { create, run, get } = desk(open());
    await create();
    const value = { list: [1] };
    const outcome = await run([
      { name: 'one', run: () => value },
      {
        name: 'two',
        run: ({ previous }) => {
          value.list.push(2);
          Object.assign(previous?.value ?? {}, { list: 'spoilt' });
        },
      },
    ]);
    Object.assign(outcome.results[0] ?? {}, { status: 'failed' });
    expect((await get()).run?.results[0]).toMatchObject({ status: 'ok', value: { list: [1] } });
  });

  it('shows neither values nor notes to JSON and to logs, and nothing to clients', async () => {
    const storage = open();
    const { create, run, get, sessions } = desk(storage);
    await create();
    const outcome = await run([
      { name: 'one', run: () => 'secret' },
      { name: 'two', run: () => Promise.reject(new Error('secret')) },
    ]);
    const shown = [outcome, await get(), unwrap(await sessions.getSession('s'))];
    for (const text of [JSON.stringify(shown), inspect(shown, { depth: null })]) expect(text).not.toContain('secret');
    expect(JSON.parse(JSON.stringify(outcome.results[0]))).toEqual({ order: 1, name: 'one', status: 'ok', code: null });
  });
}

function limits(open: OpenStorage): void {
  it('ends a step that is out of its time, or a run that is, and the signal tells the step', async () => {
    const { create, run } = desk(open());
    await create();
    const reasons: unknown[] = [];
    const hang = async ({ signal }: { readonly signal: AbortSignal }) => {
      reasons.push(await aborted(signal));
      return 'too late';
    };
    const [after] = logged([], 'after');
    if (!after) throw new Error('a step');
    const timeout = [['hangs', 'failed', 'TIMEOUT']];
    expect(brief((await run([{ name: 'hangs', run: hang, timeoutMs: 20 }, after])).results)).toEqual(timeout);
    // Its time begins with the call, so there is enough of it to come to the step.
    expect(brief((await run([{ name: 'hangs', run: hang }, after], { timeoutMs: 1500 })).results)).toEqual(timeout);
    expect(brief((await run([{ name: 'hangs', run: never, timeoutMs: 20 }])).results)).toEqual(timeout);
    expect(brief((await run([{ name: 'hangs', when: never, run: hang, timeoutMs: 20 }])).results)).toEqual(timeout);
    expect(reasons).toEqual([
      expect.objectContaining({ code: 'TIMEOUT' }),
      expect.objectContaining({ code: 'TIMEOUT' }),
    ]);
  });

  it('is ended by the signal of its caller, in a step and between two', async () => {
    const { create, run } = desk(open());
    await create();
    const inside = new AbortController();
    const abortInside = () => {
      inside.abort();
      return never();
    };
    const between = new AbortController();
    const log: string[] = [];
    expect(brief((await run([{ name: 'a', run: abortInside }], { signal: inside.signal })).results)).toEqual([
      ['a', 'failed', 'ABORTED'],
    ]);
    const abortBetween = () => {
      between.abort();
      return true;
    };
    const [a, b, c] = logged(log, 'a', 'b', 'c');
    if (!a || !b || !c) throw new Error('three steps');
    const outcome = await run([a, { ...b, when: abortBetween }, c], { signal: between.signal });
    expect(brief(outcome.results)).toEqual([
      ['a', 'ok', null],
      ['b', 'failed', 'ABORTED'],
    ]);
    expect(log).toEqual(['a']);
  });
}
