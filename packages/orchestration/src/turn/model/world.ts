import type { Faults } from './faults.ts';
import type { Ledger } from './ledger.ts';
import type { Operation, Result } from './operations.ts';
import type { Pending } from './pending.ts';
import type { Storage } from './storage.ts';
import type { Task } from './tasks.ts';

/** One state of everything there is. Never changed in place: the states after it share with it what stays. */
export type World = {
  readonly storage: Storage;
  readonly callers: readonly Caller[];
  readonly lateCopies: readonly LateCopy[];
  /** What may still go wrong. */
  readonly faults: Faults;
  readonly ledger: Ledger;
  /** How many versions were minted. */
  readonly minted: number;
};

export type Caller = {
  readonly id: number;
  readonly script: readonly Operation[];
  /** Which operation of its script it does. */
  readonly call: number;
  /** What it does; null once its script is done, or it is dead. */
  readonly doing: { readonly task: Task; readonly pending: Pending } | null;
  /** Whether the commit on its way was sent before, and its reply lost. */
  readonly isResent: boolean;
  /** What it was told last. */
  readonly result: Result | null;
};

type LateCopy = { readonly caller: number; readonly call: number; readonly pending: Pending };
