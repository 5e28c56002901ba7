import { type Access, refuseUnless, validateId } from '@stateroom/core';
import type { BegunStep, StepResult, StoredRun } from './stored.ts';
import type { PipelineStep } from './step.ts';

/** A run of a pipeline, and who asks for it. */
export type PipelineRunOptions<T> = Access & {
  /** Of the pipeline: 1–64 of `A–Z a–z 0–9 . _ -`. Runs of one name go one at a time, and hand their last result on. */
  readonly name: string;
  /** In order. Those of a run that is resumed begin as they did. */
  readonly steps: readonly PipelineStep<T>[];
  /** Names the run: what has begun under it is gone on with, and never begun anew. By default it is a new one. */
  readonly runId?: string;
  /** Whether the first step gets the last result of the run before; false by default. */
  readonly chain?: boolean;
  /** What is handed on: the last result that is 'ok' (the default), or the last of any status. */
  readonly keep?: 'last-ok' | 'last-any';
  /** For what this call runs, or waits for. No limit by default. */
  readonly timeoutMs?: number;
  /** Ends the run: the step that is under way, or would be next, fails with the code ABORTED. */
  readonly signal?: AbortSignal;
};

export type RunRequest<T> = Required<Pick<PipelineRunOptions<T>, 'name' | 'steps' | 'runId' | 'chain' | 'keep'>> & {
  /** Aborts when the caller wants no more, or time is over. */
  readonly signal: AbortSignal;
};

const longestTimeoutMs = 2 ** 31 - 1;

export function validateName(name: string): void {
  refuseUnless(/^[\w.-]{1,64}$/.test(name), 'name', 'is not 1–64 of A–Z a–z 0–9 . _ -');
}

export function validateRun<T>({ name, steps, runId, keep = 'last-ok', timeoutMs }: PipelineRunOptions<T>): void {
  validateName(name);
  if (runId !== undefined) validateId(runId, 'runId');
  refuseUnless(keep === 'last-ok' || keep === 'last-any', 'keep', "is none of 'last-ok' and 'last-any'");
  validateTimeout(timeoutMs, 'timeoutMs');
  const names = steps.map((step) => step.name);
  for (const [index, step] of steps.entries()) {
    validateId(step.name, `steps[${index}].name`);
    refuseUnless(names.indexOf(step.name) === index, `steps[${index}].name`, `is "${step.name}" once more; rename one`);
    validateTimeout(step.timeoutMs, `steps[${index}].timeoutMs`);
  }
}

/** INVALID when the steps that a run has begun with are not those that it is to go on with. */
export function assertResumable<T>({ results, begun }: StoredRun, steps: readonly PipelineStep<T>[]): void {
  const known: readonly Pick<BegunStep, 'order' | 'name'>[] = begun === null ? results : [...results, begun];
  for (const { order, name } of known) {
    const isSame = steps[order - 1]?.name === name;
    refuseUnless(
      isSame,
      `steps[${order - 1}].name`,
      `was "${name}" when the run began; give the same steps, or another runId`,
    );
  }
}

/** The result that is handed on, of those there are in order; null for none. */
export function keptOf<T>(results: readonly StepResult[], { keep }: Pick<RunRequest<T>, 'keep'>): StepResult | null {
  return results.findLast(({ status }) => keep === 'last-any' || status === 'ok') ?? null;
}

/** The next step as one that begins with the commit before it, if nothing has to be asked first; null if so, or for none. */
export function begunNext<T>(step: PipelineStep<T> | undefined, order: number, now: number): BegunStep | null {
  if (step === undefined || step.when !== undefined) return null;
  return { order, name: step.name, startedAt: now };
}

function validateTimeout(ms: number | undefined, path: string): void {
  const isTimeout = ms === undefined || (Number.isSafeInteger(ms) && ms > 0 && ms <= longestTimeoutMs);
  refuseUnless(isTimeout, path, `is ${ms}; give milliseconds from 1 to ${longestTimeoutMs}`);
}
