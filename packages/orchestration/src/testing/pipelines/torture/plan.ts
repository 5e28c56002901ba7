import { Random } from '../../torture/random.ts';
import type { EngineName } from '../../torture/worker-reports.ts';

/** Where a process is killed: at a step, or at one of its commits, counted from 1. */
export type Fate =
  | { readonly at: 'before' | 'inside' | 'after'; readonly step: number }
  | { readonly at: 'unsent' | 'unanswered'; readonly commit: number };

/** What one process is to do: to go on with the run of one trial, then to begin that of another; it dies in one of them. */
export type WorkerTask = {
  readonly engine: EngineName;
  /** The URL or the path of the storage. */
  readonly target: string;
  /** A file of lines, each written before the process goes on. */
  readonly log: string;
  readonly leaseMs: number;
  readonly seed: number;
  /** Tells the processes of a trial apart. */
  readonly worker: number;
  readonly resumes: number | null;
  readonly begins: number | null;
  readonly diesIn: 'resumes' | 'begins';
  readonly fate: Fate;
};

/** What a process has seen, as a line of the log. */
export type Line =
  | {
      readonly type: 'ran';
      readonly trial: number;
      readonly step: number;
      readonly key: string;
      readonly value: string;
    }
  | {
      readonly type: 'over';
      readonly trial: number;
      readonly status: string;
      readonly results: readonly Told[];
      readonly last: Told | null;
    }
  | { readonly type: 'next'; readonly trial: number; readonly previous: Told | null }
  | { readonly type: 'lost'; readonly trial: number; readonly code: string }
  | { readonly type: 'dying'; readonly trial: number; readonly fate: Fate };

/** A result, with its value, which the log may show. */
export type Told = {
  readonly order: number;
  readonly status: string;
  readonly code: string | null;
  readonly value: unknown;
};

export type PlannedStep = { readonly isIdempotent: boolean; readonly asks: boolean; readonly isSkipped: boolean };

/** The pipeline of a trial: the same for all processes that run it. */
export function planned(seed: number, trial: number): readonly PlannedStep[] {
  const random = new Random(seed + trial * 7919);
  return Array.from({ length: 2 + random.below(4) }, () => {
    const isSkipped = random.next() < 0.15;
    return { isIdempotent: random.next() < 0.6, asks: isSkipped || random.next() < 0.2, isSkipped };
  });
}

/** A fate that comes to most, between any two steps and in each. */
export function randomFate(random: Random, steps: number): Fate {
  if (random.next() < 0.5) return { at: random.pick(['before', 'inside', 'after']), step: 1 + random.below(steps) };
  return { at: random.pick(['unsent', 'unanswered']), commit: 1 + random.below(steps + 1) };
}
