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
 * Makes a new session of the same owner and agent, with all that was there after a turn, and the states before it that
 * can be gone back to; its metadata names where it comes from. A commit of its own marks its messages as answered; where
 * that fails there is no fork. Gives its id. INVALID for a turn that is not there, NO_CHECKPOINT where it was too long
 * ago, EXISTS where the id is taken.
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
  const state = context.forked(await stateAfter(context, session, { place, turnId }), forkId);
  const { owner, agentId, metadata } = session.seen.record;
  unwrap(
    await sessions.createSession({
      sessionId: forkId,
      ...(owner !== null && { owner }),
      ...(agentId !== null && { agentId }),
      metadata: { ...metadata, forkOf: { sessionId, turnId } },
      content: {
        state,
        lists: { messages: messages.slice(0, kept.at(-1)?.messages.to ?? 0), turns: kept },
      },
    }),
  );
  try {
    await complete(context, { forkId, guard, from: session, kept, state });
  } catch (error) {
    // It would answer its messages again. Where it cannot be taken back either, it ends with its life span.
    await sessions.deleteSession(forkId);
    throw error;
  }
  return forkId;
}

type Fork<T> = {
  readonly forkId: string;
  readonly guard: string;
  /** Where it comes from. */
  readonly from: TurnSession<T>;
  readonly kept: readonly TurnRecord[];
  /** After the last turn of those. */
  readonly state: T;
};

/**
 * So that none of the messages is answered again, and the states after the last turns can be gone back to. Leaves the
 * record as it is: somebody may have found the fork, and have written to it.
 */
async function complete<T>(context: TurnContext<T>, made: Fork<T>): Promise<void> {
  const { forkId, guard, kept } = made;
  if (kept.length === 0) return;
  const { parts, keysOf } = context;
  const keys = keysOf(forkId);
  const session = await parts.open(forkId, (await parts.read({ entries: [keys.record] })).entries[0]);
  const { committed, wasResent } = await parts.commit({
    checks: [
      { key: keys.guard, version: guard },
      { key: keys.checkpoint(kept.length - 1), version: null },
    ],
    changes: [
      ...marksOf(context, session, { kept, messageIds: messagesOf(kept) }),
      ...(await checkpointsOf(context, session, made)),
    ],
  });
  // Of one that was sent again the refusal may be its own doing.
  if (!committed && !wasResent) throw new StateroomError('NOT_FOUND', 'the fork was deleted before it was whole');
}

/** The state after the last turn, and those before it as far as they are kept where the fork comes from. */
async function checkpointsOf<T>(
  context: TurnContext<T>,
  session: TurnSession<T>,
  { from, kept, state }: Fork<T>,
): Promise<Change[]> {
  const { parts, keysOf, forked } = context;
  const last = kept.length - 1;
  const encode = async (index: number, turnId: string, decoded: T) => {
    const { next } = await parts.write(session, { state: decoded, draft: null });
    return checkpoint(context, session, { turnId, index, ...next.seen.record });
  };
  const first = Math.max(0, kept.length - checkpointCount);
  const places = [-1, ...kept.keys()].filter((place) => place < last && (place < 0 || place >= first));
  const { entries } = await parts.read({ entries: places.map((place) => keysOf(from.sessionId).checkpoint(place)) });
  const before = places.map(async (place, index): Promise<Change[]> => {
    const stored = checkpointIn(entries[index], from, { place, turnId: kept[place]?.turnId ?? null });
    return stored === null
      ? []
      : [await encode(place, stored.turnId, forked(await parts.stateOf(stored), session.sessionId))];
  });
  return [...(await Promise.all(before)).flat(), await encode(last, kept[last]?.turnId ?? '', state)];
}
