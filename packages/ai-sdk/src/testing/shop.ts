import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import {
  convertToModelMessages,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  tool,
  type UIMessage,
  validateUIMessages,
} from 'ai';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { loadConversation } from '../agent/agent-room.ts';
import { type AgentOptions, defineAgent } from '../agent/agent.ts';
import { createChatTransport } from '../client.ts';
import { scriptedModel } from '../scripted-model.ts';
import type { ScriptedReply, ScriptedSituation } from '../scripted-reply.ts';
import { Chat, fetchFrom, PlainState } from './chat.ts';
import { routeOn } from './desk.ts';

export type ShopOptions = Partial<AgentOptions> & { readonly reply?: (situation: ScriptedSituation) => ScriptedReply };

/** A desk that pays back money when it is allowed to, and asks the client where it is. */
export function shop({ reply, ...options }: ShopOptions = {}, storage: StorageProvider = memoryStorage()) {
  const paid: unknown[] = [];
  const calls: string[] = [];
  const refund = tool({
    inputSchema: z.object({ euros: z.number() }),
    execute: ({ euros }, { toolCallId }) => {
      paid.push({ euros, toolCallId });
      return `${euros} euros are paid`;
    },
  });
  const locate = tool({ inputSchema: z.object({}), outputSchema: z.object({ city: z.string() }) });
  const lookup = tool({ inputSchema: z.object({}), execute: () => 'looked up' });
  const script = (situation: ScriptedSituation) => {
    calls.push(situation.userText);
    return (reply ?? answerOrAsk)(situation);
  };
  const agent = defineAgent({
    id: 'desk',
    model: scriptedModel({ reply: script }),
    instructions: '',
    tools: { refund, locate, lookup },
    toolApproval: { refund: 'user-approval' },
    ...options,
  });
  const serve = () => routeOn(storage, { agents: [agent], turns: { leaseMs: 1000 } });
  const load = (owner = 'me') => loadConversation({ storage, agent, sessionId: 's', owner });
  return { storage, agent, paid, calls, route: serve(), other: serve(), load };
}

function answerOrAsk({ userText, toolResults }: ScriptedSituation): ScriptedReply {
  const results = toolResults.filter(({ isNew }) => isNew).map(({ output }) => JSON.stringify(output));
  if (results.length > 0) return { text: `So: ${results.join(' and ')}.` };
  const toolCalls = [
    ...(userText.includes('refund') ? [{ name: 'refund', input: { euros: 5 } }] : []),
    ...(userText.includes('twice') ? [{ name: 'refund', input: { euros: 7 } }] : []),
    ...(userText.includes('lookup') ? [{ name: 'lookup', input: {} }] : []),
    ...(userText.includes('where') ? [{ name: 'locate', input: {} }] : []),
  ];
  return toolCalls.length > 0 ? { text: 'Let me see.', toolCalls } : { text: `You said ${userText}.` };
}

export type Shop = ReturnType<typeof shop>;

export const toolParts = (messages: readonly UIMessage[]) =>
  messages.flatMap(({ parts }) => parts.filter((part) => part.type.startsWith('tool-')));
export const stateOf = (part: unknown) => (part as { state: string }).state;
export const approvalOf = (part: unknown) => (part as { approval: { id: string } }).approval.id;
const isAnswered = (part: unknown) => stateOf(part) === 'approval-responded';
export const callOf = (part: unknown) => (part as { toolCallId: string }).toolCallId;
export const textIn = (messages: readonly UIMessage[]) =>
  messages
    .at(-1)
    ?.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))
    .join('');

/** The page shows what is stored, and a model takes it. */
export async function assertWhole({ load, agent }: Shop, messages: readonly UIMessage[]) {
  const stored = (await load())?.messages ?? [];
  expect(stored).toEqual(messages);
  await convertToModelMessages(await validateUIMessages({ messages: stored }), { tools: agent.tools });
}

/** The SDK's own chat, which sends answers by itself as soon as it has all. */
export function chatWith({ route }: Pick<Shop, 'route'>, which: string, onError: (error: Error) => void = () => {}) {
  const transport =
    which === 'ours'
      ? createChatTransport({ agentId: 'desk', fetch: fetchFrom(route) })
      : new DefaultChatTransport({ api: 'http://localhost/api/chat/desk', fetch: fetchFrom(route) });
  const sendAutomaticallyWhen = (options: { messages: UIMessage[] }) =>
    lastAssistantMessageIsCompleteWithApprovalResponses(options) ||
    lastAssistantMessageIsCompleteWithToolCalls(options);
  return new Chat({ id: 's', transport, state: new PlainState(), sendAutomaticallyWhen, onError });
}

/** Gives an answer, and waits until all that the chat does about it by itself is done. */
export async function settled(chat: Chat, give?: PromiseLike<void> | void) {
  await give;
  const isIdle = () => chat.status === 'ready' || chat.status === 'error';
  await vi.waitFor(() => expect(isIdle() && !toolParts(chat.messages).some(isAnswered)).toBe(true), 5000);
}
