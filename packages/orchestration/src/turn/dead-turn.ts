import type { Transaction } from '@stateroom/core';
import { endTurn } from './changes.ts';
import { lengthsIn, type SessionView, type Versioned } from './session-view.ts';
import { parseStored, type Run, StreamItem } from './stored.ts';
import type { TurnContext, TurnSession } from './turn-context.ts';

/**
 * Closes a turn whose lease is gone, since its holder has died or lost it. What it has stored stays, its message takes
 * its place in the transcript, and so does what can be salvaged of what it said; unless it is to be rolled back. What
 * becomes of `run` is left to who commits.
 */
export async function closeDeadTurn<T>(
  context: TurnContext<T>,
  session: TurnSession<T>,
  { run, isRolledBack, view }: DeadTurn,
): Promise<Pick<Transaction, 'checks' | 'changes'>> {
  const keys = context.keysOf(session.sessionId);
  // Nobody adds to the stream any more: whoever would has lost the lease that the commit finds gone.
  const chunks = await saidBy(context, session.sessionId, run.turnId);
  const items = isRolledBack ? [] : await context.salvage({ chunks, input: run.input });
  const { writing, changes } = await endTurn(context, session, {
    run,
    status: isRolledBack ? 'rolled_back' : 'crashed',
    state: isRolledBack ? context.restored(session.draft?.before ?? session.state, session.state) : session.state,
    items,
    lengths: lengthsIn(context, session, view),
  });
  const checks = [{ key: keys.run, version: run.version }, { key: keys.lease, version: null }, ...writing.checks];
  return { checks, changes };
}

async function saidBy<T>({ parts, keysOf }: TurnContext<T>, sessionId: string, turnId: string): Promise<unknown[]> {
  const { lists } = await parts.read({ lists: [{ key: keysOf(sessionId).stream(turnId) }] });
  const items = (lists[0]?.items ?? []).map((item) => parseStored(StreamItem, item));
  return items.flatMap((item) => (item !== null && 'chunks' in item ? item.chunks : []));
}

type DeadTurn = {
  readonly run: Versioned<Run>;
  readonly isRolledBack: boolean;
  readonly view: Pick<SessionView, 'messages' | 'turns'>;
};
