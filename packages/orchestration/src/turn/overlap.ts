import type { Access } from '@stateroom/core';
import type { TurnStatus } from './stored.ts';

/**
 * What a new message does when a turn runs: it is refused, waits in line, has the running turn stopped and keeps what
 * that has said, has it stopped and taken back, or is taken along by it at its next model step.
 */
export type OverlapPolicy = 'reject' | 'enqueue' | 'interrupt' | 'rollback' | 'steer';

export type BeginOptions<T> = Access & {
  /** Of the message: sent again under the same id it is not answered again. 1–256 characters. */
  readonly messageId: string;
  /** The message, as the items by which it stands in the list `messages`. */
  readonly input: readonly unknown[];
  readonly overlap: OverlapPolicy;
  /**
   * The message takes the place of all that came after this turn, or of all there is (null), in the commit that begins
   * its own. So it is begun whatever became of it before, as the attempt of that number, 1 by default; and it waits in
   * line where it would be taken along.
   */
  readonly replacing?: { readonly after: string | null; readonly attempt?: number } | undefined;
  /**
   * The turn goes on with one that waits: NOT_PENDING unless that is the last turn of the session. What `change` makes
   * of the state is stored in the commit that begins the turn, for good, whatever becomes of the turn; it throws what it
   * refuses. An attempt after one that came to nothing does not change the state again. Whatever else runs, or waits in
   * line, has come after that turn: it is `refused`, whatever the overlap policy.
   */
  readonly answering?: { readonly turnId: string; readonly change: (state: T) => T } | undefined;
  /**
   * Asked, with the state, whether the turn may begin; throws what it refuses, and then nothing has come of the message.
   * A message that runs or is answered already needs no leave. Where nothing is in the way the turn is begun meanwhile,
   * and taken back when it is refused. It may be asked again after a wait.
   */
  readonly admit?: ((state: T) => Promise<void>) | undefined;
  /** How many of the last items of `messages` to bring along; all by default. */
  readonly lastMessages?: number;
  /** Gives up the place in the queue. */
  readonly signal?: AbortSignal;
};

/** What came of the wish to begin a turn, short of a turn. */
export type NotBegun =
  /** The message is being answered on behalf of another request, or is in line to take the place of others: follow that turn. */
  | { readonly status: 'running'; readonly turnId: string }
  | { readonly status: 'finished'; readonly turnId: string; readonly outcome: TurnStatus }
  /** The message was taken along by a running turn, which is the one to follow. */
  | { readonly status: 'steered'; readonly turnId: string }
  /** There is a running turn in the way; or it is the queue that is too long, or did not come to an end in time. */
  | { readonly status: 'refused'; readonly by: 'turn' | 'queue'; readonly turnId: string | null }
  /** It was stopped while it waited, or whoever waited went away. */
  | { readonly status: 'stopped' | 'withdrawn'; readonly turnId: string };

/** How those who want the place of a running turn put it. */
export const requests: { readonly [Policy in OverlapPolicy]?: 'interrupted' | 'rolled_back' } = {
  interrupt: 'interrupted',
  rollback: 'rolled_back',
};

/** What takes the place of others cannot be a part of one of them; and whatever runs has come after what is answered. */
export function policyFor<T>({ overlap, replacing, answering }: BeginOptions<T>): OverlapPolicy {
  if (answering !== undefined) return 'reject';
  return replacing !== undefined && overlap === 'steer' ? 'enqueue' : overlap;
}
