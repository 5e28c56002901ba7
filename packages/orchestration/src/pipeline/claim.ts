import { StateroomError } from '@stateroom/core';
import type { PipelineContext } from './pipeline-context.ts';
import type { PipelineClaim } from './pipeline-holder.ts';
import { assertResumable, begunNext, keptOf, type RunRequest } from './run-request.ts';
import { pipelineReads, type PipelineTarget, putPipeline, seenPipeline, type SeenPipeline } from './seen-pipeline.ts';
import { type StepResult, type StoredPipeline, type StoredRun, withRun } from './stored.ts';

/** The right to run a pipeline, or how the run has ended: by another, or as there is no going on with it. */
export type Claimed<T> =
  | { readonly isOver: false; readonly claim: PipelineClaim<T> }
  | { readonly isOver: true; readonly pipeline: StoredPipeline };

/** Looked after so often, while another runs it: more seldom the longer it takes. */
const shortestPauseMs = 50;
const longestPauseMs = 1000;

const maxAttempts = 100;

/**
 * Takes the right to run a pipeline, by one commit over what one read has shown. Waits where another process is at the
 * same run. CONFLICT where another run goes on, or `signal` aborts while it waits; EXISTS for a run of long ago.
 */
export async function claimRun<T>(
  context: PipelineContext<T>,
  target: PipelineTarget,
  request: RunRequest<T>,
): Promise<Claimed<T>> {
  const reads = pipelineReads(context.keysOf(target.sessionId), target.name);
  const look = async () => seenPipeline(context, target, await context.parts.read(reads));
  let seen = await look();
  let pauseMs = shortestPauseMs;
  for (let attempt = 0; attempt < maxAttempts;) {
    const run = ownRun(seen, request);
    if (run?.isOver === true) return { isOver: true, pipeline: seen.pipeline };
    if (seen.isHeld) {
      await waited(pauseMs, request.signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      seen = await look();
      continue;
    }
    attempt += 1;
    const next = nextRun(context, request, run);
    const tried = await tryClaim(context, { target, seen }, { request, run: next });
    if ('isOver' in tried) return tried;
    seen = tried;
  }
  throw new StateroomError('CONFLICT', `others kept writing to the session through ${maxAttempts} attempts`);
}

/** What there is of the run already; null for nothing. Throws where there is no beginning it, nor waiting for it. */
function ownRun<T>({ pipeline, isHeld }: SeenPipeline<T>, { name, runId, steps }: RunRequest<T>): StoredRun | null {
  const run = pipeline.run?.runId === runId ? pipeline.run : null;
  if (run !== null) {
    if (!run.isOver) assertResumable(run, steps);
    return run;
  }
  if (pipeline.earlier.includes(runId)) {
    const message = `the run is over, and "${name}" has been run since: its results are gone; give another runId`;
    throw new StateroomError('EXISTS', message, { path: 'runId' });
  }
  if (isHeld) throw new StateroomError('CONFLICT', `another run of "${name}" goes on; try again when it is over`);
  return null;
}

/** The run as it is when it begins, or goes on; it is over where a step was under way that may not be run again. */
function nextRun<T>({ parts }: PipelineContext<T>, { runId, steps }: RunRequest<T>, run: StoredRun | null): StoredRun {
  const now = parts.now();
  const { startedAt, results, begun } = run ?? { startedAt: now, results: [], begun: null };
  const step = steps[results.length];
  const next = { runId, startedAt, results, isOver: false };
  if (begun === null) return { ...next, begun: begunNext(step, results.length + 1, now) };
  if (step?.isIdempotent === true) return { ...next, begun: { ...begun, startedAt: now } };
  const unknown: StepResult = {
    ...begun,
    status: 'failed',
    code: 'UNKNOWN_OUTCOME',
    note: 'the process that ran the step has ended before its result was stored',
    value: null,
    endedAt: now,
  };
  return { ...next, results: [...results, unknown], begun: null, isOver: true };
}

/** What came of the commit, or what there is instead. */
async function tryClaim<T>(
  context: PipelineContext<T>,
  place: { readonly target: PipelineTarget; readonly seen: SeenPipeline<T> },
  { request, run }: { readonly request: RunRequest<T>; readonly run: StoredRun },
): Promise<Claimed<T> | SeenPipeline<T>> {
  const last = keptOf(run.results, request) ?? place.seen.pipeline.last;
  const next = { ...withRun(place.seen.pipeline, run), last };
  const { isMine, ...claim } = await putPipeline(context, place, { next, takes: !run.isOver });
  if (!isMine) return claim.seen;
  return run.isOver ? { isOver: true, pipeline: claim.seen.pipeline } : { isOver: false, claim };
}

async function waited(ms: number, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
  if (!signal.aborted) return;
  const message = 'the run goes on in another process, and was waited for no longer';
  throw new StateroomError('CONFLICT', message, { cause: signal.reason });
}
