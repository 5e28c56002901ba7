import { ToolRefusal } from '@stateroom/ai-sdk';
import { SessionManager, type StorageProvider, unwrap, unwrapOrNull } from '@stateroom/core';
import { z } from 'zod';
import { refundDays } from './policies.ts';

export const Ticket = z.object({
  /** T-1, T-2 and so on, of each guest. */
  ticket: z.string(),
  order: z.string(),
  /** A question waits for a person; the others say what was done. */
  kind: z.enum(['question', 'refund', 'replacement']),
  about: z.string(),
  status: z.enum(['open', 'closed']),
});
export type Ticket = z.infer<typeof Ticket>;

/** With the key of the call that has opened it. */
const KeptTicket = Ticket.extend({ openedBy: z.string() });
type KeptTicket = z.infer<typeof KeptTicket>;

const TicketTable = z.object({ tickets: z.array(KeptTicket) });
type TicketTable = z.infer<typeof TicketTable>;

export type TicketRequest = Pick<KeptTicket, 'order' | 'kind' | 'about' | 'openedBy'>;

const maxTickets = 100;

/** Longer than any order may be refunded: else it could be refunded again when its ticket is forgotten. */
const idleMs = 2 * refundDays * 24 * 60 * 60_000;

/**
 * The tickets of all guests, in the app's own storage beside the conversations. Those of one guest lie in one record, so
 * that whatever may happen once is one checked commit, whichever conversation or server asks for it.
 */
export class TicketBook {
  readonly #tables: SessionManager<TicketTable>;

  constructor(storage: StorageProvider) {
    this.#tables = new SessionManager({
      storage,
      namespace: 'tickets',
      schema: TicketTable,
      initialState: () => ({ tickets: [] }),
      ttl: { idleMs },
    });
  }

  /** Oldest first. */
  async read(owner: string): Promise<Ticket[]> {
    const table = unwrapOrNull(await this.#tables.getSession(owner, { owner }));
    return (table?.data.tickets ?? []).map((kept) => Ticket.parse(kept));
  }

  /** The new ticket, or the one that this very call has opened before. Throws where the order is settled already. */
  async open(owner: string, request: TicketRequest): Promise<Ticket> {
    unwrap(await this.#tables.createSession({ sessionId: owner, owner, ifExists: 'return' }));
    const table = unwrap(await this.#tables.updateSession(owner, (before) => withTicket(before, request), { owner }));
    return found(table.data, isOf(request));
  }

  /** Closing it twice is closing it once. Throws where the guest has no such ticket. */
  async close(owner: string, ticket: string): Promise<Ticket> {
    const close = (before: TicketTable) => withClosed(before, ticket);
    const table = unwrapOrNull(await this.#tables.updateSession(owner, close, { owner }));
    return found(table?.data ?? { tickets: [] }, (kept) => kept.ticket === ticket);
  }
}

/** An order is refunded or replaced, and that once. */
export function refuseSettled(tickets: readonly Ticket[], order: string): void {
  const settled = tickets.find((ticket) => ticket.order === order && ticket.kind !== 'question');
  if (settled === undefined) return;
  const done = settled.kind === 'refund' ? 'refunded' : 'replaced';
  throw new ToolRefusal(`${order} was ${done} already: see ticket ${settled.ticket}.`);
}

/** Pure, and asked again on a newer table when another conversation was faster. */
function withTicket({ tickets }: TicketTable, request: TicketRequest): TicketTable {
  const { kind, order } = request;
  if (tickets.some(isOf(request))) return { tickets };
  if (kind !== 'question') refuseSettled(tickets, order);
  if (tickets.length >= maxTickets)
    throw new ToolRefusal(`There are ${maxTickets} tickets already; a person has to look.`);
  const status = kind === 'question' ? 'open' : 'closed';
  return { tickets: [...tickets, { ...request, ticket: `T-${tickets.length + 1}`, status }] };
}

/** Not the key alone: some models number their calls anew in each conversation that is taken back. */
function isOf({ openedBy, kind, order }: TicketRequest): (kept: KeptTicket) => boolean {
  return (kept) => kept.openedBy === openedBy && kept.kind === kind && kept.order === order;
}

function withClosed(table: TicketTable, ticket: string): TicketTable {
  found(table, (kept) => kept.ticket === ticket);
  return { tickets: table.tickets.map((kept) => (kept.ticket === ticket ? { ...kept, status: 'closed' } : kept)) };
}

function found({ tickets }: TicketTable, isIt: (kept: KeptTicket) => boolean): Ticket {
  const kept = tickets.find(isIt);
  if (kept !== undefined) return Ticket.parse(kept);
  const list =
    tickets.length === 0 ? 'There are none yet' : `There are ${tickets.map(({ ticket }) => ticket).join(', ')}`;
  throw new ToolRefusal(`There is no such ticket. ${list}.`);
}
