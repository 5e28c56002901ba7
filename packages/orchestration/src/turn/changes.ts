import type { Change, SessionWriting } from '@stateroom/core';
import {
  cameToNothing,
  type Letter,
  type Mark,
  type Run,
  type StreamItem,
  type TurnRecord,
  TurnReport,
  type TurnStatus,
} from './stored.ts';
import type { TurnContext, TurnList, TurnSession } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';
import type { TurnKeys } from './turn-parts.ts';

/** The steps of which commits on turns are made. */

/** For whoever reads it when its turn is dead; a running turn reads its letters each second. */
const mailTtlMs = 10 * 60_000;

/** Of what is written before the session was seen, and goes or is touched soon. */
const longTtlMs = 365 * 24 * 60 * 60_000;

export function setRun(keys: TurnKeys, run: Run, version: string): Change {
  return { type: 'set', key: keys.run, value: JSON.stringify(run), version, ttlMs: longTtlMs };
}

/** With another version each time: a renewal that was sent twice then refuses itself, and what came with it. */
export function setLease(keys: TurnKeys, turnId: string, lease: { version: string; leaseMs: number }): Change {
  return { type: 'set', key: keys.lease, value: turnId, version: lease.version, ttlMs: lease.leaseMs };
}

export function setQueue(keys: TurnKeys, messageIds: readonly string[], version: string): Change {
  if (messageIds.length === 0) return { type: 'delete', key: keys.queue };
  return { type: 'set', key: keys.queue, value: JSON.stringify({ messageIds }), version, ttlMs: longTtlMs };
}

export function appendLetter(keys: TurnKeys, turnId: string, letter: Letter): Change {
  return { type: 'append', key: keys.mail(turnId), items: [JSON.stringify(letter)], ttlMs: mailTtlMs };
}

export function appendStream(keys: TurnKeys, turnId: string, stream: { item: StreamItem; ttlMs: number }): Change {
  return { type: 'append', key: keys.stream(turnId), items: [JSON.stringify(stream.item)], ttlMs: stream.ttlMs };
}

/** What has become of a message. */
export function setMark<T>(
  { parts, keysOf }: TurnContext<T>,
  opened: TurnSession<T>,
  { messageId, ...what }: Omit<Mark, 'incarnation'> & { readonly messageId: string },
): Change {
  const mark: Mark = { incarnation: opened.incarnation, ...what };
  const key = keysOf(opened.sessionId).mark(messageId);
  const ttlMs = parts.partTtlMs(opened);
  return { type: 'set', key, value: JSON.stringify(mark), version: parts.mint(), ttlMs };
}

export type TurnEnd<T> = {
  readonly run: Run;
  readonly status: TurnStatus;
  readonly state: T;
  /** The items that come behind those of the turn's that are stored. */
  readonly items: readonly unknown[];
  /** How long the lists are before it. */
  readonly lengths: { readonly messages: number; readonly turns: number };
};

export type EndedTurn<T> = {
  readonly writing: SessionWriting<T, TurnList>;
  readonly changes: readonly Change[];
  readonly record: TurnRecord;
};

/**
 * What the end of a turn changes, whoever commits it: the record with the state, the messages, the turn's own record,
 * the mark, the checkpoint and the end of the stream. `run` and `lease` are left to who commits.
 */
export async function endTurn<T>(
  context: TurnContext<T>,
  opened: TurnSession<T>,
  { run, status, state, items, lengths }: TurnEnd<T>,
): Promise<EndedTurn<T>> {
  const keys = context.keysOf(opened.sessionId);
  const isDropped = status === 'rolled_back';
  const from = run.base ?? lengths.messages;
  const added = isDropped ? [] : [...run.input, ...items];
  const record: TurnRecord = {
    ...TurnReport.safeParse(run.report).data,
    format: 1,
    turnId: run.turnId,
    ...(run.parentTurnId !== undefined && { parentTurnId: run.parentTurnId }),
    status,
    startedAt: run.startedAt,
    endedAt: context.parts.now(),
    taken: run.taken,
    messages: { from, to: isDropped ? from : lengths.messages + added.length },
  };
  const writing = await context.parts.write(opened, {
    state,
    draft: null,
    ...(isDropped && run.base !== null && { truncate: { messages: run.base } }),
    append: { messages: added, turns: [record] },
  });
  const changes = [
    ...writing.changes,
    ...marksAtEnd(context, opened, { run, status }),
    ...checkpoints(context, opened, { turnId: run.turnId, index: lengths.turns, writing }),
    appendStream(keys, run.turnId, { item: { end: status }, ttlMs: context.limits.streamTtlMs }),
    { type: 'delete', key: keys.mail(run.turnId) } as const,
  ];
  return { writing, changes, record };
}

/** What came to nothing may be tried again: also each of the messages that the turn has taken along. */
function marksAtEnd<T>(
  context: TurnContext<T>,
  opened: TurnSession<T>,
  { run, status }: { readonly run: Run; readonly status: TurnStatus },
): Change[] {
  const { turnId } = run;
  const isDropped = status === 'rolled_back';
  const own = { messageId: messageIdOf(turnId), turnId, status, isInputStored: run.isInputStored || !isDropped };
  const taken = cameToNothing(status) ? run.taken : [];
  return [own, ...taken.map((messageId) => ({ messageId, turnId, status, isInputStored: !isDropped }))].map((mark) =>
    setMark(context, opened, mark),
  );
}

/** The state after the turn; and before the first, which no turn has left. */
function checkpoints<T>(
  context: TurnContext<T>,
  opened: TurnSession<T>,
  { turnId, index, writing }: { readonly turnId: string; readonly index: number; readonly writing: TurnWriting<T> },
): Change[] {
  const { record } = opened.seen;
  const after = checkpoint(context, opened, { turnId, index, ...writing.next.seen.record });
  if (index > 0) return [after];
  const { stateVersion, draft, state } = record;
  return [after, checkpoint(context, opened, { turnId, index: -1, state: draft?.before ?? state, stateVersion })];
}

type TurnWriting<T> = SessionWriting<T, TurnList>;

type Stored = {
  readonly turnId: string;
  readonly index: number;
  readonly state: unknown;
  readonly stateVersion: number;
};

/** A state as it is stored, for the turn at a place; -1 is the state before the first. */
export function checkpoint<T>(
  { parts, keysOf }: TurnContext<T>,
  opened: TurnSession<T>,
  { turnId, index, state, stateVersion }: Stored,
): Change {
  const value = JSON.stringify({ incarnation: opened.incarnation, turnId, stateVersion, state });
  const key = keysOf(opened.sessionId).checkpoint(index);
  return { type: 'set', key, value, version: parts.mint(), ttlMs: parts.partTtlMs(opened) };
}
