import { ToolRefusal } from '@stateroom/ai-sdk';
import { tool } from 'ai';
import { z } from 'zod';
import { type Order, orderIn } from './orders.ts';
import { policiesAbout, refundDays } from './policies.ts';

const orderInput = z.string().max(400).describe('The order number, such as SR-1042.');
const reasonInput = z.string().max(400).default('not given').describe('Why, in a few words.');

/** Two tools that look things up and two that settle a case; nothing is stored, so a case can be told twice. */
export function supportTools() {
  return {
    lookup_order: tool({
      description: 'Looks an order up by its number.',
      inputSchema: z.object({ order: orderInput }),
      execute: (input) => {
        const { order, guest, item, priceEuros, status, deliveredDaysAgo } = orderIn(input.order);
        return { order, guest, item, priceEuros, status, deliveredDaysAgo };
      },
    }),
    search_policy: tool({
      description: 'Finds what the policy says on a topic.',
      inputSchema: z.object({ topic: z.string().max(400).describe('Such as refunds, late parcels, damage.') }),
      execute: ({ topic }) => ({ policies: policiesAbout(topic) }),
    }),
    refund: tool({
      description: `Pays the price of an order back, up to ${refundDays} days after delivery.`,
      inputSchema: z.object({ order: orderInput, reason: reasonInput }),
      execute: ({ order, reason }) => refund(orderIn(order), reason),
    }),
    replace: tool({
      description: 'Sends the item of an order once more, as long as it is in stock.',
      inputSchema: z.object({ order: orderInput, reason: reasonInput }),
      execute: ({ order, reason }) => replace(orderIn(order), reason),
    }),
  };
}

function refund({ order, priceEuros, deliveredDaysAgo }: Order, reason: string) {
  if (deliveredDaysAgo === null) throw new ToolRefusal(`${order} is not delivered yet, so there is nothing to refund.`);
  if (deliveredDaysAgo > refundDays) {
    throw new ToolRefusal(`${order} was delivered ${deliveredDaysAgo} days ago; refunds end after ${refundDays}.`);
  }
  return { receipt: `RF-${order.slice(3)}`, order, amountEuros: priceEuros, reason };
}

function replace({ order, item, inStock }: Order, reason: string) {
  if (inStock === 0) throw new ToolRefusal(`The ${item.toLowerCase()} of ${order} is out of stock.`);
  return { parcel: `RP-${order.slice(3)}`, order, item, leavesInDays: 1, reason };
}
