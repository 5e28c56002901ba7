import type { NotBegun, OverlapPolicy } from './overlap.ts';
import { requestIn } from './mailbox.ts';
import { isLastTurn, ownMark, type SessionView } from './session-view.ts';
import { cameToNothing, type Mark } from './stored.ts';
import { attemptOf, messageIdOf, turnIdOf } from './turn-id.ts';

/** Who has come with a message, for which a turn is to begin. */
export type Comer = {
  readonly messageId: string;
  /** The turn that it begins where none of its attempts is left. */
  readonly firstTurnId: string;
  /** Whether the message is an answer, which goes on with the last turn or not at all. */
  readonly isAnswering: boolean;
  /** Whether the message takes the place of others: then it is begun whatever became of it before. */
  readonly isReplacing: boolean;
  /** The version that the ticket of this one has, and nobody else's. */
  readonly ticket: string;
  readonly maxQueue: number;
  /** Whether nobody wants the turn any more. */
  readonly hasGone: boolean;
  /** Whether it was waited for long enough. */
  readonly isLate: boolean;
};

/** How far the message has come. */
export type Progress = {
  readonly turnId: string;
  /** Whether an earlier attempt has left the message in the transcript. */
  readonly isInputStored: boolean;
  readonly overlap: OverlapPolicy;
  /** The run that was given the message to take along. */
  readonly steered: string | null;
  /** The tickets of other requests that have waited with the same message, and this one with them. */
  readonly waitedWith: readonly string[];
};

/** What came back of a commit. */
export type Reply = {
  readonly view: SessionView;
  /** Whether tickets of others have refused it. */
  readonly isBehind: boolean;
};

/** What to do next on the way to the turn. */
export type Move =
  | { readonly do: 'begin' | 'join' | 'poll' | 'look' | 'wait' }
  | { readonly do: 'steer'; readonly turnId: string }
  | { readonly do: 'leave'; readonly outcome: NotBegun };

/** What is seen of a session moves the message on: to a next attempt, or from one policy to another. */
export function progressAfter(view: SessionView, progress: Progress, comer: Comer): Progress {
  const mark = markOf(view, comer);
  const next = {
    ...progress,
    overlap: overlapAfter(view, progress),
    waitedWith: waitedWithAfter(view, progress, comer),
  };
  // A rewind may have taken the earlier attempts back, and the message with them.
  if (mark === null) return { ...next, isInputStored: false, turnId: comer.firstTurnId };
  if (!isToBeTriedAgain(view, mark, { ...progress, ...comer })) return next;
  // Another turn may have taken it along, and come to nothing.
  const attempt = messageIdOf(mark.turnId) === comer.messageId ? attemptOf(mark.turnId) + 1 : 1;
  const { isInputStored } = mark;
  return { ...next, turnId: turnIdOf(comer.messageId, attempt), isInputStored };
}

export function nextMove({ view, isBehind }: Reply, progress: Progress, comer: Comer): Move {
  const outcome = outcomeOf(view, progress, comer);
  if (outcome !== null) return { do: 'leave', outcome };
  const { overlap, steered } = progress;
  const isWaiting = view.ticket === comer.ticket;
  if (view.ticket !== null && !isWaiting) return { do: 'wait' };
  if (!isHeld(view) && isWaiting)
    return { do: aheadOf(view, comer).some((id) => view.alive.includes(id)) ? 'poll' : 'begin' };
  if (!isHeld(view) && !isBehind) return { do: 'begin' };
  const turnId = view.run?.turnId ?? null;
  if (overlap === 'reject') return { do: 'leave', outcome: { status: 'refused', by: 'turn', turnId } };
  if (overlap === 'steer' && turnId !== null) return steered === null ? { do: 'steer', turnId } : { do: 'wait' };
  return isWaiting ? { do: 'poll' } : toTheLine(view, comer);
}

/** Those in line before the message. */
export function aheadOf({ queue }: SessionView, { messageId }: Pick<Comer, 'messageId'>): readonly string[] {
  const place = queue.messageIds.indexOf(messageId);
  return place < 0 ? queue.messageIds : queue.messageIds.slice(0, place);
}

function toTheLine({ queue, lookedFor, alive, run }: SessionView, { maxQueue }: Comer): Move {
  if (queue.messageIds.length < maxQueue) return { do: 'join' };
  // Those whose waiters have died count no more, once it is known who they are.
  if (queue.messageIds.some((id) => !lookedFor.includes(id))) return { do: 'look' };
  if (alive.length < maxQueue) return { do: 'join' };
  return { do: 'leave', outcome: { status: 'refused', by: 'queue', turnId: run?.turnId ?? null } };
}

/** Why no turn begins here; null while one may. */
function outcomeOf(view: SessionView, progress: Progress, comer: Comer): NotBegun | null {
  const { run } = view;
  const { messageId, isReplacing, hasGone, isLate } = comer;
  if (!isReplacing && run !== null && isHeld(view) && messageIdOf(run.turnId) === messageId)
    return { status: 'running', turnId: run.turnId };
  const mark = markOf(view, comer);
  if (mark !== null && !isToBeTriedAgain(view, mark, { ...progress, ...comer })) {
    const { turnId, status } = mark;
    return status === 'steered' ? { status, turnId } : { status: 'finished', turnId, outcome: status };
  }
  const { turnId, steered } = progress;
  // Nobody can tell whether that turn is this one, or one that this one comes in place of.
  if (isReplacing && view.ticket !== null && view.ticket !== comer.ticket) return { status: 'running', turnId };
  const isInLine = view.ticket !== null || progress.waitedWith.length > 0;
  if (isInLine && isStopped(view, progress)) return { status: 'stopped', turnId };
  if (hasGone && (isInLine || steered !== null)) return { status: 'withdrawn', turnId };
  return isInLine && isLate ? { status: 'refused', by: 'queue', turnId: run?.turnId ?? null } : null;
}

/** Whether the message is not to be answered, as whoever waits with it was told, or is told now. */
function isStopped({ letters }: SessionView, { waitedWith }: Progress): boolean {
  const isDismissed = letters.some((letter) => letter.type === 'dismissed' && waitedWith.includes(letter.ticket));
  return isDismissed || requestIn(letters) !== null;
}

function markOf(view: SessionView, { isReplacing }: Comer): Mark | null {
  return isReplacing ? null : ownMark(view);
}

/**
 * What came to nothing is tried again; where its message stands there, or was an answer, only as long as nothing was said
 * since.
 */
function isToBeTriedAgain(
  view: SessionView,
  { turnId, status, isInputStored }: Mark,
  { messageId, isAnswering, overlap }: Pick<Comer, 'messageId' | 'isAnswering'> & Pick<Progress, 'overlap'>,
): boolean {
  const isBound = isInputStored || isAnswering;
  const isLast = isLastTurn(turnId, view, { messageId, isDeadKept: overlap !== 'rollback' });
  return cameToNothing(status) && (isLast || !isBound);
}

/** One message has one ticket, whoever waits with it: when that is gone, another of them takes its place. */
function waitedWithAfter({ ticket }: SessionView, { waitedWith }: Progress, comer: Comer): readonly string[] {
  return ticket === null || ticket === comer.ticket || waitedWith.includes(ticket)
    ? waitedWith
    : [...waitedWith, ticket];
}

/** What cannot be taken along any more waits in line. */
function overlapAfter(view: SessionView, { overlap, steered }: Progress): OverlapPolicy {
  const isTooLate = !isHeld(view) || (steered !== null && steered !== view.run?.turnId);
  return overlap === 'steer' && isTooLate ? 'enqueue' : overlap;
}

function isHeld({ run, lease }: SessionView): boolean {
  return run !== null && lease !== null;
}
