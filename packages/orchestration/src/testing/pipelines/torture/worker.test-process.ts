/** One of many processes that run pipelines on one storage, each until it kills itself at the place that it was told. */
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { isStateroomError, type StorageProvider, unwrap } from '@stateroom/core';
import { override } from '@stateroom/core/testing';
import type { PipelineStep } from '../../../pipeline/step.ts';
import type { StepResult } from '../../../pipeline/stored.ts';
import { access, desk, name, tell, type Told as State } from '../desk.ts';
import { type Line, planned, type Told, type WorkerTask } from './plan.ts';

const task: WorkerTask = JSON.parse(process.argv[2] ?? '{}');
const { fate } = task;
/** The trial that is worked at, and whether this process is to die in it. */
const now = { trial: -1, isFatal: false, commits: 0 };

function note(line: Line): void {
  appendFileSync(task.log, `${JSON.stringify(line)}\n`);
}

function die(): never {
  note({ type: 'dying', trial: now.trial, fate });
  process.kill(process.pid, 'SIGKILL');
  throw new Error('killed');
}

function dieAt(at: 'before' | 'inside' | 'after', step: number): void {
  if (now.isFatal && fate.at === at && 'step' in fate && fate.step === step) die();
}

async function open(): Promise<StorageProvider> {
  const { engine, target } = task;
  if (engine === 'sqlite') return (await import('@stateroom/core/sqlite')).sqliteStorage({ path: target });
  return (await import('@stateroom/core/redis')).redisStorage({ url: target });
}

const real = await open();
const storage = override(real, {
  commit: async (transaction) => {
    if (transaction.changes.length > 0) now.commits += 1;
    const isNow = now.isFatal && 'commit' in fate && fate.commit === now.commits;
    if (isNow && fate.at === 'unsent') die();
    const commit = await real.commit(transaction);
    if (isNow && fate.at === 'unanswered') die();
    return commit;
  },
});
const { sessions, pipelines } = desk(storage, { leaseMs: task.leaseMs });

function stepsOf(trial: number): PipelineStep<State>[] {
  return planned(task.seed, trial).map(({ isIdempotent, asks, isSkipped }, index) => {
    const step = index + 1;
    return {
      name: `step-${step}`,
      isIdempotent,
      ...(asks && { when: () => !isSkipped }),
      run: async ({ idempotencyKey: key, update }) => {
        dieAt('before', step);
        const value = `${trial}.${step}.${task.worker}`;
        update(tell(value));
        note({ type: 'ran', trial, step, key, value });
        dieAt('inside', step);
        await delay(1);
        dieAt('after', step);
        return value;
      },
    };
  });
}

function told({ order, status, code, value }: StepResult): Told {
  return { order, status, code, value };
}

/** Does it until it is done, however often the storage or this process is too slow for it. */
async function persist<R>(trial: number, attempt: () => Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isStateroomError(error)) throw error;
      note({ type: 'lost', trial, code: error.code });
      if (!['LEASE_LOST', 'STORAGE', 'TIMEOUT', 'UNKNOWN_OUTCOME'].includes(error.code)) throw error;
    }
  }
}

/** Runs it to its end; then the next, which gets its last result. */
async function work(trial: number, isFatal: boolean): Promise<void> {
  Object.assign(now, { trial, isFatal, commits: 0 });
  const sessionId = `trial-${trial}`;
  const { status, results, last } = await persist(trial, () =>
    pipelines.run(sessionId, { ...access, name, runId: 'r', steps: stepsOf(trial) }),
  );
  note({ type: 'over', trial, status, results: results.map(told), last: last && told(last) });
  now.isFatal = false;
  const take: PipelineStep<State> = {
    name: 'next',
    isIdempotent: true,
    run: ({ previous }) => note({ type: 'next', trial, previous: previous && told(previous) }),
  };
  await persist(trial, () => pipelines.run(sessionId, { ...access, name, runId: 'next', chain: true, steps: [take] }));
}

const { resumes, begins, diesIn } = task;
if (resumes !== null) await work(resumes, diesIn === 'resumes');
if (begins !== null) {
  const session = { ...access, sessionId: `trial-${begins}`, ifExists: 'return' } as const;
  await persist(begins, async () => unwrap(await sessions.createSession(session)));
  await work(begins, diesIn === 'begins');
}
await real.close();
