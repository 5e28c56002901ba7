import type { StepResult } from './stored.ts';

/** What a step works with. */
export type StepContext<T> = {
  readonly sessionId: string;
  readonly runId: string;
  /** The place of the step, from 1 on. */
  readonly order: number;
  /** The state of the session, as it is stored by the commit before the step, with what the step has changed. Frozen. */
  readonly state: T;
  /** Of the step before; of the last run, for the first step of one that is chained; null where there is none. */
  readonly previous: StepResult | null;
  /** Aborts when the step is out of time, the caller wants no more, or the run may not go on (LEASE_LOST, NOT_FOUND). */
  readonly signal: AbortSignal;
  /** 64 characters, the same each time this step of this run is run, and never for another: for the outside. */
  readonly idempotencyKey: string;
  /**
   * Changes the state, in the commit that stores the step's result, if that is 'ok'. `change` is pure, and may run again
   * on a newer state.
   */
  readonly update: (change: (state: T) => T) => void;
};

/** Why a step is skipped. */
export type SkipReason = { readonly note: string; readonly code?: string };

/** One named step of a pipeline. */
export type PipelineStep<T> = {
  /** Another one for each step of a pipeline, 1–256 characters. */
  readonly name: string;
  /**
   * Asked before the step runs: with false, or a reason, it is skipped, and the run goes on. It changes nothing, for it
   * may be asked again.
   */
  readonly when?: (context: Omit<StepContext<T>, 'update'>) => boolean | SkipReason | Promise<boolean | SkipReason>;
  /** Its result is what it returns, or a promise of it: plain data, or undefined. It fails by throwing. */
  readonly run: (context: StepContext<T>) => unknown;
  /** Whether it may be run again with the same key, when its process died in it. False by default. */
  readonly isIdempotent?: boolean;
  /** No limit by default. */
  readonly timeoutMs?: number;
};
