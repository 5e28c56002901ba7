import { isStateroomError, StateroomError } from '@stateroom/core';
import { z } from 'zod';
import { idempotencyKey } from './idempotency-key.ts';
import { handedOut } from './outcome.ts';
import { type Failure, failureOf, perform, type Performed, storable } from './perform.ts';
import type { PipelineContext } from './pipeline-context.ts';
import type { PipelineHolder } from './pipeline-holder.ts';
import { begunNext, keptOf, type RunRequest } from './run-request.ts';
import type { PipelineTarget } from './seen-pipeline.ts';
import type { PipelineStep, StepContext } from './step.ts';
import type { BegunStep, StepResult, StoredPipeline, StoredRun } from './stored.ts';

/** A step, and where it stands. */
type Placed<T> = { readonly step: PipelineStep<T>; readonly order: number; readonly startedAt: number };

/** What a commit adds to the run. */
type Addition<T> = {
  readonly results: readonly StepResult[];
  readonly begun?: BegunStep;
  readonly changes?: readonly ((state: T) => T)[];
};

/**
 * Runs the steps of a pipeline that are left, in the name of a holder. That a step has begun is stored before it runs,
 * with the result of the step before where nothing has to be asked in between.
 */
export class PipelineRunner<T> {
  readonly #context: PipelineContext<T>;
  readonly #target: PipelineTarget;
  readonly #request: RunRequest<T>;
  readonly #holder: PipelineHolder<T>;
  readonly #signal: AbortSignal;
  /** What was handed to this run, and is no result of it. */
  readonly #handedOn: StepResult | null;

  constructor(
    context: PipelineContext<T>,
    { target, request }: { readonly target: PipelineTarget; readonly request: RunRequest<T> },
    holder: PipelineHolder<T>,
  ) {
    this.#context = context;
    this.#target = target;
    this.#request = request;
    this.#holder = holder;
    this.#signal = AbortSignal.any([holder.signal, request.signal]);
    const { last } = holder.seen.pipeline;
    this.#handedOn = request.chain && keptOf(this.#run.results, request) === null ? last : null;
  }

  /** Gives the pipeline as it is stored when the run is over. Throws what the holder does. */
  async run(): Promise<StoredPipeline> {
    try {
      while (!this.#run.isOver) await this.#goOn();
      return this.#holder.seen.pipeline;
    } finally {
      this.#holder.stop();
    }
  }

  get #run(): StoredRun {
    const { run } = this.#holder.seen.pipeline;
    if (run !== null) return run;
    throw new StateroomError('LEASE_LOST', 'the run is not there any more');
  }

  /** Skips what is to be skipped, and runs one step, if one is left. */
  async #goOn(): Promise<void> {
    const { steps } = this.#request;
    const skipped: StepResult[] = [];
    for (const [index, step] of steps.entries()) {
      if (index < this.#run.results.length) continue;
      const placed = { step, order: index + 1, startedAt: this.#context.parts.now() };
      const isBegun = this.#run.begun !== null;
      const unready = isBegun ? null : await this.#unready(placed, skipped);
      if (unready === null) {
        const begun = { order: placed.order, name: step.name, startedAt: placed.startedAt };
        if (!isBegun) await this.#store({ results: skipped, begun });
        return this.#take(placed);
      }
      skipped.push(unready);
      if (unready.status === 'failed') break;
    }
    await this.#store({ results: skipped });
  }

  /** Why the step does not run, as its result; null when it does. */
  async #unready(placed: Placed<T>, skipped: readonly StepResult[]): Promise<StepResult | null> {
    const { when = () => true } = placed.step;
    const context = await this.#contextOf(placed, skipped);
    const asked = await this.#inTime(placed, context.signal, async (signal) =>
      whyNot(await when({ ...context, signal })),
    );
    if (!asked.isDone) return this.#failed(placed, asked.failure);
    if (asked.value === null) return null;
    const { code = null, note } = asked.value;
    return this.#result(placed, { status: 'skipped', code, note });
  }

  async #take(placed: Placed<T>): Promise<void> {
    const changes: ((state: T) => T)[] = [];
    const context = await this.#contextOf(placed);
    let { state } = context;
    const performed = await this.#inTime(placed, context.signal, async (signal) => {
      const own: StepContext<T> = {
        ...context,
        signal,
        get state() {
          return state;
        },
        update: (change) => {
          state = change(state);
          changes.push(change);
        },
      };
      return storable(await placed.step.run(own));
    });
    if (!performed.isDone) return this.#store({ results: [this.#failed(placed, performed.failure)] });
    const result = this.#result(placed, { status: 'ok', value: performed.value });
    try {
      await this.#store({ results: [result], changes });
    } catch (error) {
      if (isLoss(error)) throw error;
      // What cannot be stored is what is wrong: the state as the step has left it, or something too long.
      await this.#store({ results: [this.#failed(placed, failureOf(error))] });
    }
  }

  /** Performs a part of a step within its time. Throws when the run is lost meanwhile. */
  async #inTime<V>(
    { step }: Placed<T>,
    signal: AbortSignal,
    task: (signal: AbortSignal) => V | Promise<V>,
  ): Promise<Performed<V>> {
    const time = new AbortController();
    const outOfTime = new StateroomError('TIMEOUT', `the step took longer than ${step.timeoutMs} ms`);
    const timer = step.timeoutMs === undefined ? null : setTimeout(() => time.abort(outOfTime), step.timeoutMs);
    const own = AbortSignal.any([signal, time.signal]);
    try {
      return await perform(() => task(own), own);
    } finally {
      if (timer !== null) clearTimeout(timer);
      this.#holder.assertHeld();
    }
  }

  async #store({ results: added, begun: next, changes = [] }: Addition<T>): Promise<void> {
    const { steps } = this.#request;
    const results = [...this.#run.results, ...added];
    const following = steps[results.length];
    const isOver = next === undefined && (following === undefined || added.at(-1)?.status === 'failed');
    const begun = next ?? (isOver ? null : begunNext(following, results.length + 1, this.#context.parts.now()));
    const run = { ...this.#run, results, begun, isOver };
    await this.#holder.store({
      next: (pipeline) => ({ ...pipeline, run, last: keptOf(results, this.#request) ?? pipeline.last }),
      change: changes.length === 0 ? null : (state) => changes.reduce((changed, change) => change(changed), state),
      ends: isOver,
    });
  }

  async #contextOf(
    { step, order }: Placed<T>,
    skipped: readonly StepResult[] = [],
  ): Promise<Omit<StepContext<T>, 'update'>> {
    const { runId } = this.#request;
    const { session, pipeline } = this.#holder.seen;
    const previous = keptOf([...this.#run.results, ...skipped], this.#request) ?? this.#handedOn;
    const { incarnation } = session;
    return {
      sessionId: this.#target.sessionId,
      runId,
      order,
      state: session.state,
      previous: previous && handedOut(previous),
      signal: this.#signal,
      idempotencyKey: await idempotencyKey({ incarnation, pipeline: pipeline.name, runId, step: step.name }),
    };
  }

  #failed(placed: Placed<T>, { code, note, error }: Failure): StepResult {
    const { name } = this.#request;
    this.#context.logger.error(
      { pipeline: name, step: placed.step.name, code, error },
      'a step of a pipeline has failed',
    );
    return this.#result(placed, { status: 'failed', code, note });
  }

  #result(
    { step, order, startedAt }: Placed<T>,
    what: Pick<StepResult, 'status'> & Partial<Pick<StepResult, 'code' | 'note' | 'value'>>,
  ): StepResult {
    const endedAt = this.#context.parts.now();
    return { order, name: step.name, note: null, code: null, value: null, ...what, startedAt, endedAt };
  }
}

const Reason = z.object({ code: z.string().max(64).optional(), note: z.string().max(1000) });

/** Why a step is skipped; null where it is not. INVALID for what is no answer: it could not be read again. */
function whyNot(answer: unknown): z.infer<typeof Reason> | null {
  if (answer === true) return null;
  if (answer === false) return { note: 'its precondition did not hold' };
  const { success, data } = Reason.safeParse(answer);
  if (success) return data;
  throw new StateroomError('INVALID', '`when` answers with true, false, or a reason of a note and a code', {
    path: 'when',
  });
}

/** Whether the run can be held no more, and it is not what was given to be stored that is wrong. */
function isLoss(error: unknown): boolean {
  const losses = ['LEASE_LOST', 'NOT_FOUND', 'STORAGE', 'TIMEOUT', 'UNKNOWN_OUTCOME'];
  return isStateroomError(error) && losses.includes(error.code);
}
