import { defineWorkflow } from '@stateroom/orchestration';

/** First look, then analyse, then report: what the assistant may do depends on what it has done in this conversation. */
export const financeWorkflow = defineWorkflow({
  steps: [
    {
      name: 'look',
      isDefault: true,
      instructions: 'Find out which prices the user is interested in.',
      tools: { allow: ['stock_quote', 'crypto_price', 'price_history', 'recall'] },
    },
    {
      name: 'analyse',
      when: [{ type: 'sequence_match', tools: ['stock_quote', 'price_history'] }],
      instructions: 'There is a price and its history: offer to compare it with another.',
      tools: { deny: ['*_report'] },
    },
    {
      name: 'report',
      when: [{ type: 'tool_used', tool: 'compare' }],
      instructions: 'Write down what was found, show it, and send it when the user agrees.',
      tools: { allow: ['*_report'] },
      sequence: ['draft_report', 'send_report'],
    },
  ],
});
