import { type Access, type Change, createId, type SessionManager, StateroomError, unwrap } from '@stateroom/core';
import { checkpoint } from './changes.ts';
import { checkpointIn, lookBack, marksOf, messagesOf, placeOf, stateAfter } from './past.ts';
import type { TurnRecord } from './stored.ts';
import type { TurnContext, TurnList, TurnSession } from './turn-context.ts';
import { checkpointCount } from './turn-parts.ts';

export type ForkTarget = Access & {
  readonly sessionId: string;
  readonly guard: string;
  /** The last turn that the new session has; null for none. */
  readonly turnId: string | null;
  /** Of the new session; a random one by default. */
  readonly forkId?: string | undefined;
};

/**
 * Makes a new session of the same owner and agent, with all that was there after a turn, and the states that can be gone back to; its metadata names where it
 * comes from. A commit of its own marks its messages as answered; where that fails there is no fork. Gives its id. INVALID
 * for a turn that is not there, NO_CHECKPOINT where it was too long ago, EXISTS where the id is taken.
 */
export async function fork<T>(
  context: TurnContext<T>,
  sessions: Pick<SessionManager<T, TurnList>, 'createSession' | 'deleteSession'>,
  { sessionId, guard, turnId, forkId = createId() }: ForkTarget,
): Promise<string> {
  const { session, past, view } = await lookBack(context, { sessionId, guard, withMessages: true });
  const place = placeOf(past, turnId);
  const kept = past.slice(0, place + 1);
  const messages = context.parts.list(session, 'messages', view.messages).items;
  const { owner, agentId, metadata } = session.seen.record;
  const made = unwrap(
    await sessions.createSession({
      sessionId: forkId,
      ...(owner !== null && { owner }),
      ...(agentId !== null && { agentId }),
      metadata: { ...metadata, forkOf: { sessionId, turnId } },
      content: {
        state: context.forked(await stateAfter(context, session, { place, turnId }), forkId),
        lists: { messages: messages.slice(0, kept.at(-1)?.messages.to ?? 0), turns: kept },
      },
    }),
  );
  try {
    await markAll(context, { forkId: made.sessionId, from: session, kept });
  } catch (error) {
    // It would answer its messages again. Where it cannot be taken back either, it ends with its life span.
    await sessions.deleteSession(made.sessionId);
    throw error;
  }
  return made.sessionId;
}

/** So that none of the messages is answered again, and the states after the last turns can be gone back to. */
async function markAll<T>(
  context: TurnContext<T>,
  {
    forkId,
    from,
    kept,
  }: { readonly forkId: string; readonly from: TurnSession<T>; readonly kept: readonly TurnRecord[] },
): Promise<void> {
  const { parts, keysOf } = context;
  const { record } = keysOf(forkId);
  const session = await parts.open(forkId, (await parts.read({ entries: [record] })).entries[0]);
  const writing = await parts.write(session, { state: session.state, draft: null });
  const last = kept.at(-1);
  if (last === undefined) return;
  const { committed, wasResent } = await parts.commit({
    checks: writing.checks,
    changes: [
      ...writing.changes,
      ...marksOf(context, session, { kept, messageIds: messagesOf(kept) }),
      ...(await checkpointsBefore(context, { session, from, kept })),
      checkpoint(context, session, { turnId: last.turnId, index: kept.length - 1, ...writing.next.seen.record }),
    ],
  });
  // Of one that was sent again the refusal may be its own doing.
  if (!committed && !wasResent) throw new StateroomError('CONFLICT', 'somebody wrote to the fork before it was whole');
}

/** The states before the last turn's, as far as they are kept where the fork comes from. */
async function checkpointsBefore<T>(
  context: TurnContext<T>,
  {
    session,
    from,
    kept,
  }: { readonly session: TurnSession<T>; readonly from: TurnSession<T>; readonly kept: readonly TurnRecord[] },
): Promise<Change[]> {
  const { parts, keysOf, forked } = context;
  const first = Math.max(0, kept.length - checkpointCount);
  const places = [-1, ...kept.keys()].filter((place) => place < kept.length - 1 && (place < 0 || place >= first));
  const { entries } = await parts.read({ entries: places.map((place) => keysOf(from.sessionId).checkpoint(place)) });
  const changes = places.map(async (place, index): Promise<Change[]> => {
    const stored = checkpointIn(entries[index], from, { place, turnId: kept[place]?.turnId ?? null });
    if (stored === null) return [];
    const state = forked(await parts.stateOf(stored), session.sessionId);
    const { next } = await parts.write(session, { state, draft: null });
    return [checkpoint(context, session, { turnId: stored.turnId, index: place, ...next.seen.record })];
  });
  return (await Promise.all(changes)).flat();
}
