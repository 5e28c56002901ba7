import type { Logger, OpenSession, SessionParts } from '@stateroom/core';
import type { Bell } from './bell.ts';
import type { HistoryCache } from './history-cache.ts';
import type { TurnKeys } from './turn-parts.ts';

/** The lists that a session has for its turns. */
export type TurnList = 'messages' | 'turns';

/** A session that turns are run in. */
export type TurnSession<T> = OpenSession<T, TurnList>;

export type TurnLimits = {
  readonly leaseMs: number;
  readonly queueWaitMs: number;
  readonly maxQueue: number;
  readonly maxTurnMs: number | null;
  readonly streamTtlMs: number;
  /** How long a turn that was asked to end may take to do so; then it is let go of. */
  readonly stopGraceMs: number;
  /** How much of transcripts is kept in memory, so that only what has come since is read; 0 for nothing. */
  readonly historyCacheBytes: number;
};

/**
 * Makes items for the transcript of all that a turn said, whose process has died: of what came after its last step, for
 * the steps are stored. `input` is the turn's message, if no step has stored that either. It is asked again where the
 * storage has changed meanwhile.
 */
export type Salvage = (dead: {
  readonly chunks: readonly unknown[];
  readonly input: readonly unknown[];
}) => Promise<readonly unknown[]>;

/** What all that one manager does with turns has in common. */
export type TurnContext<T> = {
  readonly parts: SessionParts<T, TurnList>;
  readonly keysOf: (sessionId: string) => TurnKeys;
  readonly limits: TurnLimits;
  readonly bell: Bell;
  readonly history: HistoryCache;
  readonly salvage: Salvage;
  /** What a state is to be in the new session that is made of it. */
  readonly forked: (state: T, forkId: string) => T;
  /** What a state that is gone back to is to be, with what stays of the one that is left. */
  readonly restored: (state: T, left: T) => T;
  readonly logger: Logger;
};
