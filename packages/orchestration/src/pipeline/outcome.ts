import type { StepResult, StoredPipeline } from './stored.ts';

/** 'ok' when every step was; 'skipped' when some were skipped and none has failed. */
export type PipelineStatus = 'ok' | 'skipped' | 'failed';

/** How a run has ended. JSON and logs show of its results neither values nor notes. */
export type PipelineOutcome = {
  readonly runId: string;
  readonly status: PipelineStatus;
  /** In order, up to the first that has failed. */
  readonly results: readonly StepResult[];
  /** What the first step of the next run gets, if it is chained. */
  readonly last: StepResult | null;
};

/** A pipeline as it is stored. 'dead' is a run whose process has died, or lost its lease: with its id it can be resumed. */
export type PipelineView = {
  readonly run: {
    readonly runId: string;
    readonly status: PipelineStatus | 'running' | 'dead';
    readonly results: readonly StepResult[];
  } | null;
  readonly last: StepResult | null;
};

/** The name under which `util.inspect`, and so `console.log`, asks an object how to show it. */
const inspect = Symbol.for('nodejs.util.inspect.custom');

function statusOf(results: readonly StepResult[]): PipelineStatus {
  const statuses = results.map(({ status }) => status);
  if (statuses.includes('failed')) return 'failed';
  return statuses.includes('skipped') ? 'skipped' : 'ok';
}

export function outcomeOf({ run, last }: StoredPipeline, runId: string): PipelineOutcome {
  const results = run?.results ?? [];
  return { runId, status: statusOf(results), results: results.map(handedOut), last: last && handedOut(last) };
}

export function viewOf({ run, last }: StoredPipeline, isHeld: boolean): PipelineView {
  const unfinished = isHeld ? 'running' : 'dead';
  return {
    run: run && {
      runId: run.runId,
      status: run.isOver ? statusOf(run.results) : unfinished,
      results: run.results.map(handedOut),
    },
    last: last && handedOut(last),
  };
}

/** A copy for server code, which may do with it as it likes. */
export function handedOut(result: StepResult): StepResult {
  const { order, name, status, code } = result;
  const shown = { value: () => ({ order, name, status, code }) };
  return Object.defineProperties(structuredClone(result), { toJSON: shown, [inspect]: shown });
}
