import type { LanguageModelV4 } from '@ai-sdk/provider';
import { defineWorkflow } from '@stateroom/orchestration';
import { type AgentProfile, createAgentProfile } from './agent-profile.ts';
import { supportCase } from './support-case.ts';
import { refundApproval, supportTools } from './support-tools.ts';
import type { TicketBook } from './ticket-book.ts';

/** A guest may ask for a person at any time. */
const ticketTools = ['read_tickets', 'open_ticket', 'close_ticket'];
const settlements = ['refund', 'replace', 'open_ticket'];

const workflow = defineWorkflow({
  steps: [
    {
      name: 'triage',
      description: 'Look the order up, then the policy.',
      isDefault: true,
      // Each order that is looked up is a case of its own.
      when: [{ type: 'state', at: '/data/isPolicyRead', equals: false }],
      tools: { allow: ['lookup_order', 'search_policy', ...ticketTools] },
      instructions: 'Look up the order first, then search the policy. Promise nothing yet.',
    },
    {
      name: 'resolve',
      description: 'Order and policy are known: refund it, replace it, or leave it to a person.',
      when: [{ type: 'state', at: '/data/isPolicyRead', equals: true }],
      tools: { allow: ['lookup_order', 'refund', 'replace', ...ticketTools] },
      instructions:
        'Offer what the policy allows, and do what the guest has asked for. What the policy does not settle is left to a person: open a ticket.',
    },
    {
      name: 'settled',
      description: 'There is a ticket to show for it. Another order opens a new case.',
      when: [{ type: 'any', of: settlements.map((tool) => ({ type: 'tool_used', tool, withinLast: 1 })) }],
      tools: { allow: ['lookup_order', 'search_policy', ...ticketTools] },
      instructions: 'The case is settled. Sum up what was done, with the number of the ticket.',
    },
  ],
});

const dayMs = 24 * 60 * 60_000;

/** Settles trouble with an order: nothing before order and policy were read, no money without a yes, nothing twice. */
export function supportDesk(model: LanguageModelV4, book: TicketBook): AgentProfile {
  return createAgentProfile({
    id: 'support',
    title: 'Support desk',
    description:
      'Settles trouble with an order, and remembers it. It refunds nothing before it has read the order and the policy, nor before you say yes, nor twice.',
    suggestions: [
      'My brass lamp arrived broken, order SR-1042.',
      'Where is my blanket? The order is SR-1057.',
      'Which tickets do I have?',
    ],
    model,
    instructions:
      'You are the support desk of a ship chandler. Be brief, kind and exact. Never state an amount, a date or a ticket that no tool gave you. Guests come back: what was done before is in their tickets. If a call was cut off, read the tickets before you try it again.',
    tools: supportTools(book),
    toolApproval: { refund: refundApproval(book) },
    workflow,
    data: supportCase,
    // Whoever goes on writing wants the desk to listen, not to finish.
    overlap: 'interrupt',
    budget: { perSession: { tokens: 200_000 }, perOwner: { tokens: 500_000, windowMs: dayMs } },
  });
}
