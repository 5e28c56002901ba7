import { type ApprovalRule, sessionOf, ToolRefusal, type ToolSession } from '@stateroom/ai-sdk';
import { tool } from 'ai';
import { z } from 'zod';
import { type Order, orderIn } from './orders.ts';
import { policiesAbout, refundDays } from './policies.ts';
import { Case, withTickets } from './support-case.ts';
import { refuseSettled, type Ticket, type TicketBook, type TicketRequest } from './ticket-book.ts';

const OrderInput = z.object({ order: z.string().max(400).describe('The order number, such as SR-1042.') });
const SettleInput = OrderInput.extend({
  reason: z.string().max(400).default('not given').describe('Why, in a few words.'),
});

/** Two tools that look things up, two that settle a case, and three for the guest's tickets. */
export function supportTools(book: TicketBook) {
  return { ...lookingUp(book), ...settling(book), ...tickets(book) };
}

function lookingUp(book: TicketBook) {
  return {
    lookup_order: tool({
      description: 'Looks an order up by its number, with the tickets about it. This begins a case.',
      inputSchema: OrderInput,
      execute: async (input, options) => {
        const session = sessionOf(options, Case);
        const { order, item, priceEuros, status, deliveredDaysAgo } = orderIn(input.order);
        const all = await book.read(session.owner);
        session.updateData((before) => ({ ...withTickets(before, all), order, isPolicyRead: false }));
        const about = all.filter((ticket) => ticket.order === order);
        return { order, item, priceEuros, status, deliveredDaysAgo, tickets: about };
      },
    }),
    search_policy: tool({
      description: 'Finds what the policy says on a topic.',
      inputSchema: z.object({ topic: z.string().max(400).describe('Such as refunds, late parcels, damage.') }),
      execute: ({ topic }, options) => {
        sessionOf(options, Case).updateData((before) => ({ ...before, isPolicyRead: before.order !== null }));
        return { policies: policiesAbout(topic) };
      },
    }),
  };
}

function settling(book: TicketBook) {
  return {
    refund: tool({
      description: `Pays the price of the order back, up to ${refundDays} days after delivery.`,
      inputSchema: SettleInput,
      execute: async (input, options) => {
        const { session, order } = readCaseOf(options, input.order);
        refuseRefund(order);
        // A shop hands the same key on to its bank, so that no retry pays twice there either.
        const { ticket } = await opened(book, session, { kind: 'refund', order: order.order, about: input.reason });
        return { receipt: `RF-${order.order.slice(3)}`, order: order.order, amountEuros: order.priceEuros, ticket };
      },
    }),
    replace: tool({
      description: 'Sends the item of the order once more, as long as it is in stock.',
      inputSchema: SettleInput,
      execute: async (input, options) => {
        const { session, order } = readCaseOf(options, input.order);
        const { item, inStock } = order;
        if (inStock === 0) throw new ToolRefusal(`The ${item.toLowerCase()} of ${order.order} is out of stock.`);
        const { ticket } = await opened(book, session, {
          kind: 'replacement',
          order: order.order,
          about: input.reason,
        });
        return { parcel: `RP-${order.order.slice(3)}`, order: order.order, item, leavesInDays: 1, ticket };
      },
    }),
  };
}

function tickets(book: TicketBook) {
  return {
    read_tickets: tool({
      description: 'Reads all tickets of the guest, of earlier conversations too.',
      inputSchema: z.object({}),
      execute: async (_input, options) => {
        const session = sessionOf(options, Case);
        const all = await book.read(session.owner);
        session.updateData((before) => withTickets(before, all));
        return { tickets: all };
      },
    }),
    open_ticket: tool({
      description: 'Leaves the case to a person, who answers within a day.',
      inputSchema: OrderInput.extend({ about: z.string().max(400).describe('What the person has to know.') }),
      execute: async ({ order, about }, options) => {
        const { session, order: known } = caseOf(options, order);
        return opened(book, session, { kind: 'question', order: known.order, about });
      },
    }),
    close_ticket: tool({
      description: 'Closes a ticket that needs nobody any more.',
      inputSchema: z.object({ ticket: z.string().max(40).describe('Its number, such as T-1.') }),
      execute: async ({ ticket }, options) => {
        const session = sessionOf(options, Case);
        const closed = await book.close(session.owner, ticket);
        session.updateData((before) => withTickets(before, [closed]));
        return closed;
      },
    }),
  };
}

/**
 * Asks the guest before money moves, and turns down without a question what the tool would refuse. It is asked again when
 * the guest has said yes, and the tool looks for itself: much may have happened since.
 */
export function refundApproval(book: TicketBook): ApprovalRule {
  return async (input, call) => {
    try {
      const { session, order } = readCaseOf(call, OrderInput.parse(input).order);
      refuseRefund(order);
      refuseSettled(await book.read(session.owner), order.order);
      return 'user-approval';
    } catch (error) {
      return error instanceof ToolRefusal ? { type: 'denied', reason: error.message } : 'user-approval';
    }
  };
}

function refuseRefund({ order, deliveredDaysAgo }: Order): void {
  if (deliveredDaysAgo === null) throw new ToolRefusal(`${order} is not delivered yet, so there is nothing to refund.`);
  if (deliveredDaysAgo <= refundDays) return;
  throw new ToolRefusal(`${order} was delivered ${deliveredDaysAgo} days ago; refunds end after ${refundDays}.`);
}

/** The case, if it is that of this order. */
function caseOf(options: object, words: string): { readonly session: ToolSession<Case>; readonly order: Order } {
  const session = sessionOf(options, Case);
  const order = orderIn(words);
  if (session.data.order === order.order) return { session, order };
  throw new ToolRefusal(`This case is about ${session.data.order ?? 'no order yet'}. Look ${order.order} up first.`);
}

/** The same, when the policy was read too. A model may call for all of it at once: then it was not. */
function readCaseOf(options: object, words: string): ReturnType<typeof caseOf> {
  const found = caseOf(options, words);
  if (found.session.data.isPolicyRead) return found;
  throw new ToolRefusal(`Read the policy first, for ${found.order.order}.`);
}

/** For the guest whose session it is, and once for each call. */
async function opened(
  book: TicketBook,
  session: ToolSession<Case>,
  request: Omit<TicketRequest, 'openedBy'>,
): Promise<Ticket> {
  const ticket = await book.open(session.owner, { ...request, openedBy: session.idempotencyKey });
  session.updateData((before) => withTickets(before, [ticket]));
  return ticket;
}
