import type { Guard } from './guards.ts';
import type { Reply } from './reply.ts';
import type { Change, Check, ListRange, Transaction } from './storage.ts';
import type { Ask, EndStatus, EntryKey, TurnId, Version } from './stored.ts';

/** What a protocol may use besides what it remembers: fresh versions, and which guards are switched off. */
export type Context = {
  readonly mint: () => Version;
  readonly off: ReadonlySet<Guard>;
  /** How many versions a record keeps. */
  readonly trailLength: number;
};

/** A commit on its way: what the storage gets, and what its sender knows of it. */
export type Pending = Transaction & {
  /** An entry that has this version once the commit took effect. */
  readonly receipt: { readonly key: EntryKey; readonly version: Version } | null;
  readonly note: Note;
};

export type Letter = { readonly to: TurnId; readonly ask: Ask };

/** What a commit is for. Only the specification looks at it. */
export type Note =
  | { readonly act: 'read' | 'watch' | 'delete' }
  | (OfTurn<'begin'> & {
      readonly closes: Closing | null;
      readonly creates: boolean;
      readonly answers: TurnId | null;
      /** Whether it takes the question of the turn that it goes on with. */
      readonly takes: boolean;
    })
  | (OfTurn<'join'> & { readonly letter: Letter | null })
  | (OfTurn<'poll'> & { readonly letter: Letter | null })
  | OfTurn<'leave'>
  | OfTurn<'steer'>
  | OfTurn<'stop'>
  | OfTurn<'flush'>
  | OfTurn<'step'>
  | (OfTurn<'end'> & { readonly status: EndStatus })
  | { readonly act: 'recover'; readonly closes: Closing }
  | { readonly act: 'update'; readonly token: string }
  | {
      readonly act: 'rewind';
      readonly kept: readonly TurnId[];
      readonly seen: readonly TurnId[];
      readonly state: readonly string[];
    };

type OfTurn<A> = { readonly act: A; readonly turn: TurnId };

export type Closing = { readonly turn: TurnId; readonly status: 'crashed' | 'rolled_back' };

/** A check or change that can be taken out of its commit by name; a change without a guard stays. */
export type GuardedCheck = Check & { readonly guard: Guard };
export type GuardedChange = Change & { readonly guard?: Guard };

export type Draft = {
  readonly note: Note;
  readonly checks?: readonly GuardedCheck[];
  readonly changes?: readonly GuardedChange[];
  readonly entries?: readonly EntryKey[];
  readonly lists?: readonly ListRange[];
  readonly receipt?: Pending['receipt'];
};

/** The one seam where guards go out: what is switched off never reaches the storage. */
export function pendingOf(draft: Draft, { off }: Context): Pending {
  const { note, checks = [], changes = [], entries = [], lists = [], receipt = null } = draft;
  return {
    note,
    receipt,
    checks: checks.filter(({ guard }) => !off.has(guard)).map(({ guard: _guard, ...check }) => check),
    changes: changes.filter(({ guard }) => guard === undefined || !off.has(guard)).map(withoutGuard),
    reads: { entries, lists },
  };
}

/** Whether a commit took effect: now, or in an earlier sending whose receipt still stands. */
export function tookEffect({ receipt }: Pending, reply: Reply, { off }: Context): boolean {
  if (reply.committed) return true;
  if (receipt === null || off.has('reply.receipt')) return false;
  return reply.entry(receipt.key)?.version === receipt.version;
}

function withoutGuard({ guard: _guard, ...change }: GuardedChange): Change {
  return change;
}
