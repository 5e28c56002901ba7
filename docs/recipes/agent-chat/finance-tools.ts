import { StateroomError } from '@stateroom/core';
import { sessionOf } from '@stateroom/ai-sdk';
import { tool, type ToolSet } from 'ai';
import { z } from 'zod';
import type { ConversationNotes } from './conversation-notes.ts';
import { type Asset, findAsset } from './market.ts';

const OneAsset = z.object({ symbol: z.string() });
const TwoAssets = z.object({ first: z.string(), second: z.string() });

/** The assistant's tools. Each that looks something up takes a note of it, in the conversation that called it. */
export function financeTools(notes: ConversationNotes): ToolSet {
  return { ...lookUpTools(notes), recall: recallTool(notes), ...paperTools() };
}

function lookUpTools(notes: ConversationNotes): ToolSet {
  const lookUp = (description: string, answerOf: (one: Asset) => string) =>
    tool({
      description,
      inputSchema: OneAsset,
      execute: async ({ symbol }, options) => {
        const answer = answerOf(assetOf(symbol));
        await notes.take(sessionOf(options).state.sessionId, symbol, answer);
        return answer;
      },
    });
  return {
    stock_quote: lookUp('The price of a share.', priceOf),
    crypto_price: lookUp('The price of a cryptocurrency.', priceOf),
    price_history: lookUp('What a share or a cryptocurrency cost a year ago.', historyOf),
  };
}

function recallTool(notes: ConversationNotes): ToolSet[string] {
  return tool({
    description: 'What this conversation was about, also where it is longer than what you are shown.',
    inputSchema: z.object({}),
    execute: async (_input, options) => {
      const noted = await notes.read(sessionOf(options).state.sessionId);
      if (noted === null) return 'Nothing is noted.';
      return `We noted, the last of it on ${noted.topic}: ${noted.summaries.join(' ')}`;
    },
  });
}

function paperTools(): ToolSet {
  return {
    compare: tool({
      description: 'Which of two has gained more in a year.',
      inputSchema: TwoAssets,
      execute: ({ first, second }) => comparisonOf(assetOf(first), assetOf(second)),
    }),
    draft_report: tool({
      description: 'Writes the report.',
      inputSchema: z.object({}),
      execute: () => 'The report is written.',
    }),
    send_report: tool({
      description: 'Sends the report that was written.',
      inputSchema: z.object({}),
      execute: () => 'The report is sent.',
    }),
  };
}

function assetOf(symbol: string): Asset {
  const found = findAsset(symbol);
  if (found !== null) return found;
  throw new StateroomError('NOT_FOUND', `there is no "${symbol}" on this market; give a symbol such as AAPL`);
}

function priceOf({ symbol, name, price }: Asset): string {
  return `${name} (${symbol}) is at ${dollars(price)}.`;
}

function historyOf(one: Asset): string {
  return `${one.name} (${one.symbol}) was at ${dollars(one.yearAgo)} a year ago: ${gainOf(one)} since.`;
}

function comparisonOf(first: Asset, second: Asset): string {
  return `In a year ${first.name} has made ${gainOf(first)}, and ${second.name} ${gainOf(second)}.`;
}

function dollars(amount: number): string {
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2 })}`;
}

function gainOf({ price, yearAgo }: Asset): string {
  const percent = Math.round((price / yearAgo - 1) * 100);
  return `${percent < 0 ? '' : '+'}${percent} %`;
}
