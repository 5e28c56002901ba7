import { StateroomError } from '@stateroom/core';
import { Mark, parseStored, Run, StreamItem, type TurnStatus } from './stored.ts';
import type { TurnContext } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';

/** What a turn has said since the position that was asked for, and the position behind it. */
export type FollowedChunks = { readonly chunks: readonly unknown[]; readonly position: number };

/**
 * How a turn ended for those who follow it. `crashed` is told as soon as its lease has run out; `steered` means that
 * its message was taken along by another turn. `isLogGone`: it ended so long ago that what it said is no more to be
 * had from here, but stands in the transcript.
 */
export type FollowedEnd = {
  readonly status: TurnStatus | 'steered' | 'unknown';
  readonly turnId: string;
  readonly isLogGone: boolean;
};

export type FollowTarget = {
  readonly sessionId: string;
  readonly turnId: string;
  readonly guard: string;
  /** How many positions to leave out, 0 by default. */
  readonly from?: number;
  readonly signal?: AbortSignal;
};

const [firstPollMs, longestPollMs] = [250, 1000];

/** Whatever a turn says, in order, each once, until it ends; it may run in any process. One read a look. */
export async function* followTurn<T>(
  context: TurnContext<T>,
  { sessionId, turnId, guard, from = 0, signal }: FollowTarget,
): AsyncGenerator<FollowedChunks, FollowedEnd, undefined> {
  let position = from;
  let pollMs = firstPollMs;
  for (;;) {
    if (signal?.aborted) return { status: 'unknown', turnId, isLogGone: false };
    const look = await lookAt(context, { sessionId, turnId, guard, from: position });
    const said = look.items.filter((item) => 'chunks' in item);
    const chunks = said.flatMap((item) => item.chunks);
    position += said.length;
    if (chunks.length > 0) yield { chunks, position };
    if (look.end !== null) return { turnId, ...look.end, isLogGone: look.end.isLogGone && position === 0 };
    pollMs = chunks.length > 0 ? firstPollMs : Math.min(longestPollMs, pollMs * 1.5);
    await context.bell.sleep(sessionId, pollMs, signal);
  }
}

type Look = {
  readonly items: readonly StreamItem[];
  readonly end: (Partial<FollowedEnd> & Pick<FollowedEnd, 'status' | 'isLogGone'>) | null;
};

/** One snapshot of the stream and of what is with the turn: seen one after the other, its end could be missed. */
async function lookAt<T>(
  { parts, keysOf }: TurnContext<T>,
  { sessionId, turnId, guard, from }: FollowTarget & { readonly from: number },
): Promise<Look> {
  const keys = keysOf(sessionId);
  const messageId = messageIdOf(turnId);
  const { entries, lists } = await parts.read({
    entries: [keys.guard, keys.run, keys.lease, keys.mark(messageId), keys.ticket(messageId)],
    lists: [{ key: keys.stream(turnId), start: from }],
  });
  const [gate, run, lease, marked, ticket] = entries;
  if (gate?.version !== guard) throw new StateroomError('NOT_FOUND', 'there is no such session');
  const items = (lists[0]?.items ?? []).map((item) => parseStored(StreamItem, item)).filter((item) => item !== null);
  const last = items.at(-1);
  if (last !== undefined && 'end' in last) return { items, end: { status: last.end, isLogGone: false } };
  const mark = parseStored(Mark, marked);
  if (mark?.incarnation === gate.value && (mark.turnId === turnId || mark.status === 'steered'))
    return { items, end: { status: mark.status, turnId: mark.turnId, isLogGone: true } };
  if (parseStored(Run, run)?.turnId === turnId) {
    // The lease is gone, and the next begin will record what this tells already.
    return { items, end: lease === null ? { status: 'crashed', isLogGone: false } : null };
  }
  return { items, end: ticket === null ? { status: 'unknown', isLogGone: false } : null };
}
