import { type Check, type Snapshot, StateroomError } from '@stateroom/core';
import { appendLetter } from './changes.ts';
import { Mark, parseStored, Run } from './stored.ts';
import type { TurnContext } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';
import type { TurnKeys } from './turn-parts.ts';

/** What became of the wish to stop a turn: the turn was told so, or there was none to tell. */
export type StopOutcome = 'asked' | 'over' | 'unknown';

type Target = { readonly sessionId: string; readonly guard: string; readonly turnId: string };

/**
 * Leaves a letter to a turn that runs or waits; none where there is no such turn, for one of its name may come. Two round
 * trips, and more only where the turn begins or ends meanwhile. NOT_FOUND when the guard is not that of who asks.
 */
export async function stopTurn<T>(
  { parts, keysOf }: TurnContext<T>,
  { sessionId, guard, turnId }: Target,
): Promise<StopOutcome> {
  const keys = keysOf(sessionId);
  const messageId = messageIdOf(turnId);
  const gate = { key: keys.guard, version: guard };
  const reads = { entries: [keys.guard, keys.run, keys.mark(messageId), keys.ticket(messageId)] };
  let { snapshot } = await parts.commit({ checks: [gate], changes: [], reads });
  for (;;) {
    if (snapshot.entries[0]?.version !== guard) throw new StateroomError('NOT_FOUND', 'there is no such session');
    const check = stillThere(snapshot, turnId, keys);
    if (check === null) return parseStored(Mark, snapshot.entries[2])?.turnId === turnId ? 'over' : 'unknown';
    const changes = [appendLetter(keys, turnId, { type: 'stopped' })];
    const sent = await parts.commit({ checks: [gate, check], changes, reads });
    if (sent.committed) return 'asked';
    ({ snapshot } = sent);
  }
}

/** What does not hold any more once the turn is over, or waits no more; null where it neither runs nor waits. */
function stillThere({ entries: [, run, mark, ticket] }: Snapshot, turnId: string, keys: TurnKeys): Check | null {
  const messageId = messageIdOf(turnId);
  if (parseStored(Run, run)?.turnId === turnId) return { key: keys.mark(messageId), version: mark?.version ?? null };
  return ticket?.value === turnId ? { key: keys.ticket(messageId), version: ticket.version } : null;
}
