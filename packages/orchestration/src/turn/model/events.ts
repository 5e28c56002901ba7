import { mayHappen } from './faults.ts';
import { ticketOf } from './stored.ts';
import type { Caller, World } from './world.ts';

/** What may happen next. `who` is the index of a caller, or of a late copy. */
export type Event = {
  readonly type:
    | 'deliver'
    | 'lose reply'
    | 'copy'
    | 'crash'
    | 'crash, sent'
    | 'leave'
    | 'late copy'
    | 'tick'
    | 'expire';
  readonly who: number;
};

/** Everything that may happen next, in an order that depends on the state alone. */
export function eventsIn(world: World): readonly Event[] {
  const { callers, lateCopies, faults, storage, ledger } = world;
  const events = callers.flatMap((caller, who) => eventsOf(caller, world).map((type) => ({ type, who })));
  const late = lateCopies.map((_, who) => ({ type: 'late copy', who }) as const);
  const kept = [...Object.values(storage.entries), ...Object.values(storage.lists)];
  const runsOut = kept.some((each) => each !== undefined && each.ticks !== null);
  const ticks = runsOut && mayHappen(faults, 'pause', pausesToTick(world)) ? [{ type: 'tick', who: 0 } as const] : [];
  const expires = mayHappen(faults, 'expiry') && !ledger.isGone ? [{ type: 'expire', who: 0 } as const] : [];
  return [...events, ...late, ...ticks, ...expires];
}

/**
 * How many living callers the next tick would take a lease or a ticket from. One that lives keeps it in time, so each
 * counts as a pause.
 */
export function pausesToTick({ storage: { entries }, callers, ledger: { holder } }: World): number {
  const lasts = callers.filter(({ id, call, doing }) => {
    if (doing === null) return false;
    return holder?.caller === id && holder.call === call && entries.lease?.ticks === 1;
  });
  const waits = callers.filter(({ doing }) => {
    if (doing?.task.role !== 'begin') return false;
    const ticket = entries[ticketOf(doing.task.operation.turn)];
    const isOwn = ticket?.version === doing.task.ticket || ticket?.version === doing.pending.receipt?.version;
    return ticket?.ticks === 1 && isOwn;
  });
  return lasts.length + waits.length;
}

function eventsOf({ doing, isResent }: Caller, { faults }: World): readonly Event['type'][] {
  if (doing === null) return [];
  const { task, pending } = doing;
  const writes = pending.changes.length > 0;
  const mayCopy = writes && mayHappen(faults, 'copy');
  const mayCrash = mayHappen(faults, 'crash');
  return [
    'deliver' as const,
    ...(writes && mayHappen(faults, 'loss') && !isResent ? (['lose reply'] as const) : []),
    ...(mayCopy ? (['copy'] as const) : []),
    ...(mayCrash ? (['crash'] as const) : []),
    ...(mayCrash && mayCopy && faults.inAll > 1 ? (['crash, sent'] as const) : []),
    ...(task.role === 'begin' && task.phase === 'poll' && task.operation.mayLeave ? (['leave'] as const) : []),
  ];
}
