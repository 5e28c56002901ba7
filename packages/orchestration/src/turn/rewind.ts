import { type Change, StateroomError } from '@stateroom/core';
import { setMark } from './changes.ts';
import { closeDeadTurn } from './dead-turn.ts';
import type { SessionView, Versioned } from './session-view.ts';
import { Checkpoint, parseStored, Run, TurnRecord } from './stored.ts';
import type { TurnContext, TurnSession } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';

export type RewindTarget = {
  readonly sessionId: string;
  readonly guard: string;
  /** The last turn that stays; null for none. */
  readonly turnId: string | null;
  /** Leaves the state as it is now, also where there is no checkpoint of the one it was then. */
  readonly keepState?: boolean | undefined;
};

const maxAttempts = 100;

/**
 * Takes a session back to where it was after a turn: state, transcript and turns in one commit. Gives the turns that
 * are gone. CONFLICT while a turn runs, INVALID for a turn that is not there, NO_CHECKPOINT where it was too long ago.
 */
export async function rewind<T>(context: TurnContext<T>, target: RewindTarget): Promise<readonly TurnRecord[]> {
  const written = new Map<string, readonly TurnRecord[]>();
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const seen = await look(context, target);
    // One whose reply was lost is found to have happened.
    const own = [...written].find(([version]) => context.parts.holds(seen.session, version));
    if (own !== undefined) return own[1];
    if (seen.run !== null) await closeForGood(context, seen, seen.run);
    else {
      const gone = await tryRewind(context, { ...target, ...seen, written });
      if (gone !== null) return gone;
    }
  }
  throw new StateroomError('CONFLICT', `others kept writing to the session through ${maxAttempts} attempts`);
}

type Seen<T> = {
  readonly session: TurnSession<T>;
  readonly past: readonly TurnRecord[];
  readonly run: Versioned<Run> | null;
  readonly view: Pick<SessionView, 'messages' | 'turns'>;
};

async function look<T>({ parts, keysOf }: TurnContext<T>, { sessionId, guard }: RewindTarget): Promise<Seen<T>> {
  const keys = keysOf(sessionId);
  const { entries, lists } = await parts.read({
    entries: [keys.guard, keys.record, keys.run, keys.lease],
    lists: [{ key: keys.turns }, { key: keys.messages, start: 0, end: 0 }],
  });
  const [gate, record, entry, lease] = entries;
  if (gate?.version !== guard) throw new StateroomError('NOT_FOUND', 'there is no such session');
  const run = parseStored(Run, entry);
  if (run !== null && lease !== null) throw new StateroomError('CONFLICT', 'a turn runs in the session; stop it first');
  const session = await parts.open(sessionId, record);
  return {
    session,
    past: parts.list(session, 'turns', lists[0]).items.map((item) => TurnRecord.parse(item)),
    run: run && { ...run, version: entry?.version ?? '' },
    view: { turns: lists[0], messages: lists[1] },
  };
}

async function closeForGood<T>(
  context: TurnContext<T>,
  { session, view }: Seen<T>,
  run: Versioned<Run>,
): Promise<void> {
  const { checks, changes } = await closeDeadTurn(context, session, { run, isRolledBack: false, view });
  const { run: key } = context.keysOf(session.sessionId);
  await context.parts.commit({ checks, changes: [...changes, { type: 'delete', key }] });
}

/** Null when somebody else has written meanwhile. */
async function tryRewind<T>(
  context: TurnContext<T>,
  {
    session,
    past,
    turnId,
    keepState,
    written,
  }: RewindTarget & Seen<T> & { written: Map<string, readonly TurnRecord[]> },
): Promise<readonly TurnRecord[] | null> {
  const { parts } = context;
  const keys = context.keysOf(session.sessionId);
  const place = past.findIndex((turn) => turn.turnId === turnId);
  if (place < 0 && turnId !== null)
    throw new StateroomError('INVALID', 'turnId names no turn of the session', { path: 'turnId' });
  const gone = past.slice(place + 1);
  if (gone[0] === undefined) return gone;
  const writing = await parts.write(session, {
    state: keepState ? session.state : await stateAfter(context, session, { place, turnId }),
    draft: null,
    truncate: { messages: gone[0].messages.from, turns: place + 1 },
  });
  written.set(writing.version, gone);
  const left = new Set(gone.flatMap((turn) => keys.leftBy(turn)));
  const changes = [
    ...writing.changes,
    ...[...left].map((key) => ({ type: 'delete', key }) as const),
    ...marksBefore(context, session, { kept: past.slice(0, place + 1), gone }),
  ];
  const { committed } = await parts.commit({
    checks: [{ key: keys.run, version: null }, ...writing.checks],
    changes,
  });
  return committed ? gone : null;
}

/** What earlier turns have made of the messages whose later ones are gone: else they would begin under the same ids. */
function marksBefore<T>(
  context: TurnContext<T>,
  session: TurnSession<T>,
  { kept, gone }: { readonly kept: readonly TurnRecord[]; readonly gone: readonly TurnRecord[] },
): readonly Change[] {
  const isOf = (messageId: string, turn: TurnRecord) => messageIdOf(turn.turnId) === messageId;
  const messageIds = new Set(gone.flatMap(({ turnId, taken }) => [messageIdOf(turnId), ...taken]));
  return [...messageIds].flatMap((messageId) => {
    const last = kept.findLast((turn) => isOf(messageId, turn) || turn.taken.includes(messageId));
    if (last === undefined) return [];
    const status = isOf(messageId, last) ? last.status : 'steered';
    const isInputStored = kept.some((turn) => isOf(messageId, turn) && turn.status !== 'rolled_back');
    return [setMark(context, session, { messageId, turnId: last.turnId, status, isInputStored })];
  });
}

async function stateAfter<T>(
  { parts, keysOf }: TurnContext<T>,
  session: TurnSession<T>,
  { place, turnId }: { readonly place: number; readonly turnId: string | null },
): Promise<T> {
  const { entries } = await parts.read({ entries: [keysOf(session.sessionId).checkpoint(place)] });
  const checkpoint = parseStored(Checkpoint, entries[0]);
  const isIt = checkpoint?.incarnation === session.incarnation && (place < 0 || checkpoint.turnId === turnId);
  if (checkpoint !== null && isIt) return parts.stateOf(checkpoint);
  const message = 'the state after this turn is not kept any more; rewind with keepState, or to a later turn';
  throw new StateroomError('NO_CHECKPOINT', message, { path: 'turnId' });
}
