import type { Context, Draft } from './pending.ts';
import type { Found, Reply } from './reply.ts';
import type { Begin } from './operations.ts';
import {
  type Ask,
  isAsk,
  lettersOf,
  type ListKey,
  type Mark,
  markOf,
  type Run,
  type SessionRecord,
  type TurnId,
} from './stored.ts';

/** A session as a caller that wants to begin a turn has seen it last. */
export type SeenSession = {
  readonly mark: Found<Mark> | null;
  readonly run: Found<Run> | null;
  readonly isLeased: boolean;
  readonly record: Found<SessionRecord> | null;
  readonly queue: Found<readonly TurnId[]> | null;
};

/** What every commit of such a caller brings back, so that a refusal is all it needs to go on. */
export function sessionReads({ turn, answers }: Begin, context: Context): Required<Pick<Draft, 'entries' | 'lists'>> {
  const lastTurn = { key: 'turns', start: -1 } as const;
  return {
    entries: ['guard', markOf(turn), 'run', 'lease', 'queue', 'record'],
    lists: [{ key: 'messages', end: 0 }, { key: mailbox(turn, context) }, ...(answers === null ? [] : [lastTurn])],
  };
}

export function seenIn(reply: Reply, turn: TurnId): SeenSession {
  return {
    mark: reply.entry(markOf(turn)),
    run: reply.entry('run'),
    isLeased: reply.entry('lease') !== null,
    record: reply.entry('record'),
    queue: reply.entry('queue'),
  };
}

/** The turns in the line before this one and behind it; all are before one that is not in it. */
export function placeOf(turn: TurnId, { queue }: SeenSession) {
  const line = queue?.value ?? [];
  const index = line.indexOf(turn);
  if (index < 0) return { ahead: line, behind: [] };
  return { ahead: line.slice(0, index), behind: line.slice(index + 1) };
}

/** Where letters to a turn lie: bound to it by their key. */
export function mailbox(turn: TurnId, { off }: Context): ListKey & `mail:${string}` {
  return lettersOf(off.has('letters.bound') ? 'anybody' : turn);
}

export function lettersIn(
  reply: Reply,
  turn: TurnId,
  context: Context,
): { asks: readonly Ask[]; steers: readonly TurnId[] } {
  const letters = reply.items(mailbox(turn, context));
  return { asks: letters.filter(isAsk), steers: [...new Set(letters.filter((letter) => !isAsk(letter)))] };
}
