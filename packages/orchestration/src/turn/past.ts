import { type Change, type StorageEntry, StateroomError } from '@stateroom/core';
import type { z } from 'zod';
import { setMark } from './changes.ts';
import type { SessionView, Versioned } from './session-view.ts';
import { cameToNothing, Checkpoint, parseStored, Run, TurnRecord } from './stored.ts';
import type { TurnContext, TurnSession } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';

/** A session with the turns that are over. */
export type Past<T> = {
  readonly session: TurnSession<T>;
  readonly past: readonly TurnRecord[];
  /** One that runs, or is dead and not closed yet. */
  readonly run: Versioned<Run> | null;
  readonly isRunning: boolean;
  readonly view: Pick<SessionView, 'messages' | 'turns'>;
};

/** NOT_FOUND when the guard is not that of who asks. */
export async function lookBack<T>(
  { parts, keysOf }: TurnContext<T>,
  { sessionId, guard, withMessages }: { sessionId: string; guard: string; withMessages?: boolean },
): Promise<Past<T>> {
  const keys = keysOf(sessionId);
  const { entries, lists } = await parts.read({
    entries: [keys.guard, keys.record, keys.run, keys.lease],
    lists: [{ key: keys.turns }, { key: keys.messages, ...(!withMessages && { end: 0 }) }],
  });
  const [gate, record, entry, lease] = entries;
  if (gate?.version !== guard) throw new StateroomError('NOT_FOUND', 'there is no such session');
  const run = parseStored(Run, entry);
  const session = await parts.open(sessionId, record);
  return {
    session,
    past: parts.list(session, 'turns', lists[0]).items.map((item) => TurnRecord.parse(item)),
    run: run && { ...run, version: entry?.version ?? '' },
    isRunning: run !== null && lease !== null,
    view: { turns: lists[0], messages: lists[1] },
  };
}

/** Of the turn among them; -1 for none. INVALID for one that is not among them. */
export function placeOf(past: readonly TurnRecord[], turnId: string | null): number {
  const place = past.findIndex((turn) => turn.turnId === turnId);
  if (place >= 0 || turnId === null) return place;
  throw new StateroomError('INVALID', 'turnId names no turn of the session', { path: 'turnId' });
}

/** The state after the turn at a place. NO_CHECKPOINT where it is not kept any more. */
export async function stateAfter<T>(
  { parts, keysOf }: TurnContext<T>,
  session: TurnSession<T>,
  { place, turnId }: { readonly place: number; readonly turnId: string | null },
): Promise<T> {
  const { entries } = await parts.read({ entries: [keysOf(session.sessionId).checkpoint(place)] });
  const stored = checkpointIn(entries[0], session, { place, turnId });
  if (stored !== null) return parts.stateOf(stored);
  const message = 'the state after this turn is not kept any more; rewind with keepState, or to a later turn';
  throw new StateroomError('NO_CHECKPOINT', message, { path: 'turnId' });
}

/** What an entry holds of the turn at a place; null where it holds nothing, or the state after another turn. */
export function checkpointIn<T>(
  entry: StorageEntry | null | undefined,
  { incarnation }: TurnSession<T>,
  { place, turnId }: { readonly place: number; readonly turnId: string | null },
): z.infer<typeof Checkpoint> | null {
  const stored = parseStored(Checkpoint, entry);
  return stored?.incarnation === incarnation && (place < 0 || stored.turnId === turnId) ? stored : null;
}

/** The messages that turns were about, or took along. */
export function messagesOf(turns: readonly TurnRecord[]): string[] {
  return [...new Set(turns.flatMap(({ turnId, taken }) => [messageIdOf(turnId), ...taken]))];
}

/** The marks of messages as the turns that are kept have left them; none for those that are of no such turn. */
export function marksOf<T>(
  context: TurnContext<T>,
  session: TurnSession<T>,
  { kept, messageIds }: { readonly kept: readonly TurnRecord[]; readonly messageIds: readonly string[] },
): Change[] {
  const isOf = (messageId: string, turn: TurnRecord) => messageIdOf(turn.turnId) === messageId;
  const isAbout = (messageId: string, turn: TurnRecord) => isOf(messageId, turn) || turn.taken.includes(messageId);
  return messageIds.flatMap((messageId) => {
    const last = kept.findLast((turn) => isAbout(messageId, turn));
    if (last === undefined) return [];
    const status = isOf(messageId, last) || cameToNothing(last.status) ? last.status : 'steered';
    const isInputStored = kept.some((turn) => isAbout(messageId, turn) && turn.status !== 'rolled_back');
    return [setMark(context, session, { messageId, turnId: last.turnId, status, isInputStored })];
  });
}
