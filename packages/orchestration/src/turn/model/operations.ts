import type { TurnId } from './stored.ts';

/** What a caller of the model is asked to do. */

export type Overlap = 'reject' | 'enqueue' | 'interrupt' | 'rollback' | 'steer';
/** To ask is to end as one that waits. */
export type Act = 'flush' | 'step' | 'end' | 'ask';

export type Begin = {
  readonly do: 'begin';
  readonly turn: TurnId;
  readonly overlap: Overlap;
  /** The turn that waits, with which this one goes on; it is told `rejected` whatever else runs. */
  readonly answers: TurnId | null;
  /** What the turn commits once it runs; the last one is its end. */
  readonly acts: readonly Act[];
  /** Whether it makes the session where there is none: after a look, or at once since it believes so. */
  readonly creates: 'never' | 'ifAbsent' | 'atOnce';
  /** Whether its client may go away while it waits in line. */
  readonly mayLeave: boolean;
};
export type Stop = { readonly do: 'stop'; readonly turn: TurnId };
/** Anybody's change of the state, told from others by its token. */
export type Update = { readonly do: 'update'; readonly token: string };
export type Delete = { readonly do: 'delete' };
/** Keeps the turns up to this one and with it, or none. */
export type Rewind = { readonly do: 'rewind'; readonly to: TurnId | null };
export type Follow = { readonly do: 'follow'; readonly turn: TurnId };
export type Operation = Begin | Stop | Update | Delete | Rewind | Follow;

/** What a caller is told in the end. */
export type Result =
  | `ended:${string}`
  | `finished:${string}`
  | 'asked'
  | 'deleted'
  | 'died'
  | 'followed'
  | 'lease_lost'
  | 'left'
  | 'not_found'
  | 'not_pending'
  | 'rejected'
  | 'rewound'
  | 'running'
  | 'stopped'
  | 'unknown_outcome'
  | 'unknown_turn'
  | 'updated'
  | 'waiting';
