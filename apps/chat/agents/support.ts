import type { LanguageModelV4 } from '@ai-sdk/provider';
import { defineWorkflow } from '@stateroom/orchestration';
import { type AgentProfile, createAgentProfile } from './agent-profile.ts';
import { supportTools } from './support-tools.ts';

const lookUps = ['lookup_order', 'search_policy'];

const workflow = defineWorkflow({
  steps: [
    {
      name: 'triage',
      description: 'Look the order up, then the policy.',
      isDefault: true,
      tools: { allow: lookUps },
      instructions: 'Look up the order first, then search the policy. Promise nothing yet.',
    },
    {
      name: 'resolve',
      description: 'Order and policy are known: refund it or replace it.',
      when: [{ type: 'sequence_match', tools: lookUps }],
      tools: { allow: ['refund', 'replace'] },
      instructions: 'Offer what the policy allows. Refund or replace once the guest has asked for it.',
    },
    {
      name: 'refunded',
      description: 'Closed with a refund. Another order opens a new case.',
      when: [{ type: 'tool_used', tool: 'refund', withinLast: 1 }],
      tools: { allow: lookUps },
      instructions: 'The case is closed. Sum up what was done; help with another order if asked.',
    },
    {
      name: 'replaced',
      description: 'Closed with a replacement. Another order opens a new case.',
      when: [{ type: 'tool_used', tool: 'replace', withinLast: 1 }],
      tools: { allow: lookUps },
      instructions: 'The case is closed. Sum up what was done; help with another order if asked.',
    },
  ],
});

/** Settles complaints about a handful of orders: no money moves before order and policy were looked up, and the guest says yes. */
export function supportDesk(model: LanguageModelV4): AgentProfile {
  return createAgentProfile({
    id: 'support',
    title: 'Support desk',
    description:
      'Settles trouble with an order. It cannot refund anything before it has read the order and the policy, nor before you say yes.',
    suggestions: [
      'My brass lamp arrived broken, order SR-1042.',
      'Where is my blanket? The order is SR-1057.',
      'I would like my money back for SR-1061.',
    ],
    model,
    instructions:
      'You are the support desk of a ship chandler. Be brief, kind and exact. Never state an amount or a date that no tool gave you.',
    tools: supportTools(),
    workflow,
    toolApproval: { refund: 'user-approval' },
  });
}
