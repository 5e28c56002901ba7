import type { SessionData } from '@stateroom/orchestration';
import { z } from 'zod';
import { Ticket } from './ticket-book.ts';

/** What the desk keeps of a conversation. The tickets themselves outlive it, in the ticket book. */
export const Case = z.object({
  /** The order that was looked up last. */
  order: z.string().nullable(),
  /** Whether the policy was read since then. */
  isPolicyRead: z.boolean(),
  /** The guest's tickets, as this conversation has seen them last. */
  tickets: z.array(Ticket),
});
export type Case = z.infer<typeof Case>;

export const supportCase: SessionData<Case> = {
  schema: Case,
  initial: { order: null, isPolicyRead: false, tickets: [] },
  view: ({ order, tickets }) => ({
    ...(order !== null && { order }),
    tickets: tickets.map(({ ticket, kind, order: about, status }) => `${ticket} ${kind} ${about}, ${status}`),
  }),
};

/** With what was seen of these tickets in place of what was seen of them before. */
export function withTickets(before: Case, seen: readonly Ticket[]): Case {
  const others = before.tickets.filter(({ ticket }) => !seen.some((one) => one.ticket === ticket));
  return { ...before, tickets: [...others, ...seen] };
}
