import { describe, expect, it } from 'vitest';
import {
  access,
  brief,
  desk,
  logged,
  moment,
  mortal,
  name,
  never,
  tell,
  type Told,
} from '../testing/pipelines/desk.ts';
import { onEachStorage, type OpenStorage } from '../testing/pipelines/engines.ts';
import type { StepContext } from './step.ts';
import type { StepResult } from './stored.ts';

describe('the runs of a pipeline', () => {
  onEachStorage((open) => {
    manyRuns(open);
    crashes(open);
    sessionsEnd(open);
  });
});

function manyRuns(open: OpenStorage): void {
  it('is run by one at a time: another run of its name is refused, one of another name is not', async () => {
    const storage = open();
    const [here, there] = [desk(storage), desk(storage)];
    await here.create();
    const [begun, goOn] = [moment(), moment()];
    const log: string[] = [];
    const first = here.run([{ name: 'one', run: async () => (begun.happens(), goOn.come) }, ...logged(log, 'two')]);
    await begun.come;
    await expect(there.run(logged(log, 'no'))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(there.pipelines.setLast('s', { ...access, name, last: null })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect((await there.get()).run?.status).toBe('running');
    expect((await there.run(logged(log, 'x', 'y'), { name: 'other' })).status).toBe('ok');
    goOn.happens();
    expect((await first).status).toBe('ok');
    expect(log).toEqual(['x', 'y', 'two']);
    expect((await there.run(logged(log, 'next'))).status).toBe('ok');
  });

  it('keeps every result of runs of several names at once', async () => {
    const storage = open();
    const { create, run, pipelines } = desk(storage);
    await create();
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((other) => run(logged([], '1', '2', '3'), { name: other })));
    for (const other of names) {
      expect((await pipelines.get('s', { ...access, name: other })).run?.results).toHaveLength(3);
    }
  });

  it('gives all who ask under one run id the same results, and runs no step twice', async () => {
    const storage = open();
    const log: string[] = [];
    const desks = [desk(storage), desk(storage), desk(storage)];
    await desks[0]?.create();
    const outcomes = await Promise.all(
      desks.map(({ run }) => run(logged(log, 'one', 'two', 'three'), { runId: 'r1' })),
    );
    expect(log).toEqual(['one', 'two', 'three']);
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
    expect(await desk(storage).run(logged(log, 'one', 'two', 'three'), { runId: 'r1' })).toEqual(outcomes[0]);
    expect(log).toHaveLength(3);
  });

  it('is waited for no longer than the caller wants', async () => {
    const storage = open();
    const [here, there] = [desk(storage), desk(storage)];
    await here.create();
    const [begun, goOn] = [moment(), moment()];
    const steps = [{ name: 'one', run: async () => (begun.happens(), goOn.come) }];
    const first = here.run(steps, { runId: 'r1' });
    await begun.come;
    await expect(there.run(steps, { runId: 'r1', timeoutMs: 10 })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(there.run(steps, { runId: 'r1', signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    goOn.happens();
    expect((await first).status).toBe('ok');
  });

  it('never begins a run id again: not when others have run since, nor with other steps', async () => {
    const { create, run } = desk(open());
    await create();
    const log: string[] = [];
    await run(logged(log, 'one'), { runId: 'r1' });
    await run(logged(log, 'one'), { runId: 'r2' });
    await expect(run(logged(log, 'one'), { runId: 'r1' })).rejects.toMatchObject({ code: 'EXISTS', path: 'runId' });
    expect(log).toHaveLength(2);
  });
}

function crashes(open: OpenStorage): void {
  const leaseMs = 1000;

  it.each([
    [
      'has failed, for nobody knows',
      {},
      ['one', 'two'],
      [
        ['one', 'ok', null],
        ['two', 'failed', 'UNKNOWN_OUTCOME'],
      ],
    ],
    [
      'is run again under the same key, if it is idempotent',
      { isIdempotent: true },
      ['one', 'two', 'two', 'three'],
      [
        ['one', 'ok', null],
        ['two', 'ok', null],
        ['three', 'ok', null],
      ],
    ],
  ])(
    'goes on behind the last finished step; the step in which its process died %s',
    async (_, more, expectedLog, expected) => {
      const storage = open();
      const dying = mortal(storage);
      const [before, after] = [desk(dying.storage, { leaseMs }), desk(storage, { leaseMs })];
      await before.create();
      const log: string[] = [];
      const keys: string[] = [];
      const steps = (dies: () => void | Promise<never>) => {
        const [one, two, three] = logged(log, 'one', 'two', 'three');
        if (!one || !two || !three) throw new Error('three steps');
        const noting = {
          ...two,
          ...more,
          run: (context: StepContext<Told>) => {
            keys.push(context.idempotencyKey);
            log.push('two');
            return dies();
          },
        };
        return [one, noting, three];
      };
      const dead = before.run(
        steps(() => (dying.die(), never())),
        { runId: 'r1' },
      );
      await expect(dead).rejects.toMatchObject({ code: 'STORAGE' });
      const outcome = await after.run(
        steps(() => {}),
        { runId: 'r1' },
      );
      expect(brief(outcome.results)).toEqual(expected);
      expect(log).toEqual(expectedLog);
      expect(new Set(keys).size).toBe(1);
      expect(
        await after.run(
          steps(() => {}),
          { runId: 'r1' },
        ),
      ).toEqual(outcome);
    },
  );

  it('is seen as dead between, and may be left so: another run begins, with what was finished', async () => {
    const storage = open();
    const dying = mortal(storage);
    const [before, after] = [desk(dying.storage, { leaseMs }), desk(storage, { leaseMs })];
    await before.create();
    const [one] = logged([], 'one');
    if (!one) throw new Error('a step');
    const steps = [one, { name: 'two', run: () => (dying.die(), never()) }];
    await expect(before.run(steps, { runId: 'r1' })).rejects.toMatchObject({ code: 'STORAGE' });
    await expect.poll(async () => (await after.get()).run?.status).toBe('dead');
    await expect(after.run([{ ...one, name: 'uno' }], { runId: 'r1' })).rejects.toMatchObject({
      path: 'steps[0].name',
    });
    const got: unknown[] = [];
    const take = {
      name: 'take',
      run: ({ previous }: { previous: StepResult | null }) => void got.push(previous?.value),
    };
    expect((await after.run([take], { runId: 'r2', chain: true })).status).toBe('ok');
    expect(got).toEqual(['one']);
    await expect(after.run(steps, { runId: 'r1' })).rejects.toMatchObject({ code: 'EXISTS' });
  });
}

function sessionsEnd(open: OpenStorage): void {
  const ends = [
    ['deleteSession', 'NOT_FOUND', (own: ReturnType<typeof desk>) => own.sessions.deleteSession('s')],
    ['resetSession', 'LEASE_LOST', (own: ReturnType<typeof desk>) => own.sessions.resetSession('s')],
    [
      'replace',
      'NOT_FOUND',
      (own: ReturnType<typeof desk>) => own.sessions.createSession({ ...access, sessionId: 's', ifExists: 'replace' }),
    ],
  ] as const;

  it.each(ends)('goes with its session, also while it runs: %s', async (how, code, end) => {
    const storage = open();
    const own = desk(storage);
    await own.create();
    await own.run(logged([], 'one'), { name: 'other' });
    const lost = own.run(
      [
        {
          name: 'one',
          run: async ({ update }) => {
            update(tell('ghost'));
            await end(own);
          },
        },
      ],
      { runId: 'r1' },
    );
    await expect(lost).rejects.toMatchObject({ code });
    const { found } = await storage.scan('', null, 1000);
    expect(found.filter(({ key }) => key.includes('pipeline'))).toEqual([]);
    if (how === 'deleteSession') await own.create();
    expect([await own.get(), await own.told()]).toEqual([{ run: null, last: null }, []]);
    expect((await own.run(logged([], 'one'), { runId: 'r1' })).status).toBe('ok');
  });

  it('is not there for strangers, nor where there is no session', async () => {
    const { create, run, pipelines } = desk(open());
    await expect(run(logged([], 'one'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(run([])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await create();
    const stranger = { owner: 'stranger', name };
    await expect(pipelines.run('s', { ...stranger, steps: logged([], 'one') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(pipelines.get('s', stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(pipelines.setLast('s', { ...stranger, last: null })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await pipelines.run('s', { name, steps: logged([], 'one') })).status).toBe('ok');
  });
}
