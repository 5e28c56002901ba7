import type { Act, Begin, Delete, Follow, Overlap, Result, Rewind, Stop, Update } from './operations.ts';
import type { Pending } from './pending.ts';
import type { Found } from './reply.ts';
import type { Ask, SessionRecord, TurnId, Version } from './stored.ts';

/** All that a caller remembers from one commit to the next. Plain data, never changed in place. */
export type Task = BeginTask | TurnTask | StopTask | UpdateTask | DeleteTask | RewindTask | FollowTask;

/** What a caller does next: sends a commit, or is done. A follower hands on the chunks that it has read. */
export type Move =
  | { readonly task: Task; readonly pending: Pending }
  | { readonly result: Result; readonly chunks?: readonly string[] };

export type BeginTask = {
  readonly role: 'begin';
  readonly operation: Begin;
  readonly phase: 'look' | 'begin' | 'join' | 'poll' | 'leave' | 'steer' | 'watch';
  /** Which one at an answer, as counted last. */
  readonly attempt: number;
  /** Becomes `enqueue` when there is no more turn to steer into. */
  readonly overlap: Overlap;
  /** The version of run, lease and ticket in every attempt: a late copy of an earlier one is known as the caller's own. */
  readonly receipt: Version;
  readonly ticket: Version | null;
  /** The running turn that was asked to make room, and the one that is being asked. */
  readonly asked: TurnId | null;
  readonly asking: TurnId | null;
  /** The version of the run that a letter was sent to. */
  readonly steeredInto: Version | null;
  /** What it tells once it has left the line. */
  readonly result: Result | null;
};

export type TurnTask = {
  readonly role: 'turn';
  readonly operation: Begin;
  /** The version of the lease as this turn wrote it last. */
  readonly lease: Version;
  readonly record: Found<SessionRecord>;
  readonly input: readonly string[];
  readonly attempt: number;
  /** Whether it does at once what the answers that it brings allow. */
  readonly isActing: boolean;
  readonly flushes: number;
  /** How many messages there were before the turn. */
  readonly base: number;
  readonly rest: readonly Act[];
  readonly asked: Ask | null;
  /** The steered turns whose letters it has read, and those that the commit on its way takes in. */
  readonly steers: readonly TurnId[];
  readonly taking: readonly TurnId[];
};

type StopTask = { readonly role: 'stop'; readonly operation: Stop };

export type UpdateTask = {
  readonly role: 'update';
  readonly operation: Update;
  /** The version that it writes, and the one it replaces; null while it reads. */
  readonly written: { readonly version: Version; readonly over: Version } | null;
};

export type DeleteTask = { readonly role: 'delete'; readonly operation: Delete; readonly phase: 'read' | 'write' };

export type RewindTask = {
  readonly role: 'rewind';
  readonly operation: Rewind;
  /** The version that it writes; null while it reads, or closes a dead turn. */
  readonly written: Version | null;
};

export type FollowTask = {
  readonly role: 'follow';
  readonly operation: Follow;
  readonly chunks: readonly string[];
  /** Which half of the snapshot comes next where it is taken in two. */
  readonly half: 'stream' | 'status';
};
