import type { ScriptedModelOptions } from '@stateroom/ai-sdk/scripted-model';
import { type Asset, assetsIn, stocks } from './market.ts';

type Reply = NonNullable<ScriptedModelOptions['reply']>;
type Situation = Parameters<Reply>[0];
type Calls = NonNullable<ReturnType<Reply>['toolCalls']>;

/**
 * What the scripted model says. As a real one it sees the conversation and the tools that it is offered, and nothing
 * else: what "it" is stands in an earlier answer.
 */
export function financeReply(situation: Situation): ReturnType<Reply> {
  const answers = situation.toolResults.filter(({ isNew }) => isNew).map(({ output }) => String(output));
  if (answers.length > 0) return { text: answers.join(' ') };
  const toolCalls = callsFor(situation);
  const offered = situation.offeredTools.map(({ name }) => name);
  if (toolCalls.length === 0) return { text: 'Which share or cryptocurrency do you mean?' };
  const refused = toolCalls.find(({ name }) => !offered.includes(name));
  if (refused === undefined) return { toolCalls };
  return { text: `Not yet: ${readable(refused.name)}. In this step I may use ${offered.map(readable).join(', ')}.` };
}

function callsFor(situation: Situation): Calls {
  const { userText, toolResults } = situation;
  if (/all shares/i.test(userText)) return stocks.map(quote);
  if (/talked about/i.test(userText)) return [{ name: 'recall', input: {} }];
  if (/write/i.test(userText)) return [{ name: 'draft_report', input: {} }];
  if (/send/i.test(userText)) return [{ name: 'send_report', input: {} }];
  const earlier = toolResults.flatMap(({ output }) => assetsIn(String(output)));
  const [asset = earlier.at(-1)] = assetsIn(userText);
  if (asset === undefined) return [];
  if (/compare/i.test(userText)) return [comparison(asset, earlier)];
  if (/year/i.test(userText)) return [{ name: 'price_history', input: { symbol: asset.symbol } }];
  return [quote(asset)];
}

function quote({ kind, symbol }: Asset): Calls[number] {
  return { name: kind === 'stock' ? 'stock_quote' : 'crypto_price', input: { symbol } };
}

/** With the one before that was another. */
function comparison(asset: Asset, earlier: readonly Asset[]): Calls[number] {
  const other = earlier.findLast(({ symbol }) => symbol !== asset.symbol) ?? asset;
  return { name: 'compare', input: { first: other.symbol, second: asset.symbol } };
}

function readable(tool: string): string {
  return tool.replaceAll('_', ' ');
}
