import {
  type Access,
  createId,
  type Logger,
  refuseUnless,
  silentLogger,
  StateroomError,
  validateId,
} from '@stateroom/core';
import { claimRun } from './claim.ts';
import { outcomeOf, type PipelineOutcome, type PipelineView, viewOf } from './outcome.ts';
import type { PipelineContext, PipelineSessions } from './pipeline-context.ts';
import { PipelineHolder } from './pipeline-holder.ts';
import { pipelineAttachment, pipelineKeys } from './pipeline-parts.ts';
import { type PipelineRunOptions, type RunRequest, validateName, validateRun } from './run-request.ts';
import { PipelineRunner } from './runner.ts';
import { storable } from './perform.ts';
import { pipelineReads, type PipelineTarget, putPipeline, seenPipeline, type SeenPipeline } from './seen-pipeline.ts';
import { StepResult } from './stored.ts';

export type PipelineManagerOptions<T> = {
  /** Made with `pipelineAttachment` among its `attachments`. */
  readonly sessions: { readonly parts: PipelineSessions<T> };
  /** How long a run belongs to a process of which nothing is heard: 30,000 ms by default. */
  readonly leaseMs?: number;
  /** Told of steps that have failed, with what they threw. */
  readonly logger?: Logger;
};

const defaultLeaseMs = 30_000;

/**
 * Runs pipelines beside sessions: ordered named steps, whose results are stored one by one, and gone on with by whoever
 * comes next when a process dies. Runs of one name go one at a time in a session, whoever asks in whatever process; they
 * neither need nor hinder a turn. Needs nothing but the storage of the sessions. Throws StateroomError; that a step fails
 * is told by the outcome.
 */
export class PipelineManager<T> {
  readonly #context: PipelineContext<T>;

  constructor({ sessions, leaseMs = defaultLeaseMs, logger = silentLogger }: PipelineManagerOptions<T>) {
    const { parts } = sessions;
    const isAttached = parts.made.attachments.includes(pipelineAttachment);
    refuseUnless(isAttached, 'sessions', 'lack `attachments: [pipelineAttachment]`');
    const isTime = Number.isSafeInteger(leaseMs) && leaseMs > 0;
    refuseUnless(isTime, 'leaseMs', `is ${leaseMs}; give a whole number of milliseconds`);
    this.#context = { parts, keysOf: (sessionId) => pipelineKeys(parts.keys(sessionId)), leaseMs, logger };
  }

  /**
   * Runs the steps in order, up to the first that fails, and gives their results. Under a `runId` that has begun before,
   * it goes on behind the last step whose result is stored, waits for the process that is at it, or gives the results
   * again. A step that was under way when its process died is not run again, unless it is idempotent: it has failed, with
   * UNKNOWN_OUTCOME.
   *
   * NOT_FOUND when the session is not there, or not for this access; CONFLICT while another run of this name goes on;
   * EXISTS when others have run since this `runId` was over; INVALID when it was begun with other steps; LEASE_LOST when
   * this process stood still for too long; STORAGE when the storage is gone for that long.
   */
  async run(sessionId: string, options: PipelineRunOptions<T>): Promise<PipelineOutcome> {
    validateRun(options);
    const { name, steps, runId = createId(), chain = false, keep = 'last-ok', timeoutMs, signal } = options;
    const target = targetOf(sessionId, options);
    if (steps.length === 0) return { runId, status: 'ok', results: [], last: (await this.#view(target)).last };
    const time = new AbortController();
    const outOfTime = new StateroomError('TIMEOUT', `the run took longer than ${timeoutMs} ms`);
    const timer = timeoutMs === undefined ? null : setTimeout(() => time.abort(outOfTime), timeoutMs);
    try {
      const signals = [time.signal, ...(signal === undefined ? [] : [signal])];
      const request = { name, steps, runId, chain, keep, signal: AbortSignal.any(signals) };
      return await this.#run(target, request);
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  }

  /** The last run of this name, and what it hands on. NOT_FOUND when the session is not there, or not for this access. */
  async get(sessionId: string, options: Access & { readonly name: string }): Promise<PipelineView> {
    return this.#view(targetOf(sessionId, options));
  }

  /**
   * Has the next run that is chained get this result; null for none. CONFLICT while a run of this name goes on,
   * NOT_FOUND when the session is not there, or not for this access.
   */
  async setLast(
    sessionId: string,
    { last, ...options }: Access & { readonly name: string; readonly last: StepResult | null },
  ): Promise<void> {
    const target = targetOf(sessionId, options);
    const given = last === null ? null : storedResult(last);
    let seen = await this.#look(target);
    for (;;) {
      if (seen.isHeld)
        throw new StateroomError('CONFLICT', `a run of "${target.name}" goes on; try again when it is over`);
      const next = { ...seen.pipeline, last: given };
      const put = await putPipeline(this.#context, { target, seen }, { next, takes: false });
      if (put.isMine) return;
      seen = put.seen;
    }
  }

  async #run(target: PipelineTarget, request: RunRequest<T>): Promise<PipelineOutcome> {
    const claimed = await claimRun(this.#context, target, request);
    if (claimed.isOver) return outcomeOf(claimed.pipeline, request.runId);
    const holder = new PipelineHolder(this.#context, target, claimed.claim);
    const pipeline = await new PipelineRunner(this.#context, { target, request }, holder).run();
    return outcomeOf(pipeline, request.runId);
  }

  async #view(target: PipelineTarget): Promise<PipelineView> {
    const { pipeline, isHeld } = await this.#look(target);
    return viewOf(pipeline, isHeld);
  }

  async #look(target: PipelineTarget): Promise<SeenPipeline<T>> {
    const reads = pipelineReads(this.#context.keysOf(target.sessionId), target.name);
    return seenPipeline(this.#context, target, await this.#context.parts.read(reads));
  }
}

function targetOf(sessionId: string, { name, owner, agentId }: Access & { readonly name: string }): PipelineTarget {
  validateId(sessionId, 'sessionId');
  validateName(name);
  return { sessionId, name, access: { owner, agentId } };
}

/** INVALID for what is no result, INVALID_STATE for what JSON would change. */
function storedResult(last: StepResult): StepResult {
  const { success, data } = StepResult.safeParse({ ...last });
  if (!success) throw new StateroomError('INVALID', 'last is no StepResult', { path: 'last' });
  return { ...data, value: storable(data.value) };
}
