// @vitest-environment happy-dom
import { useChat } from '@ai-sdk/react';
import { createChatRoute, defineAgent, loadConversation } from '@stateroom/ai-sdk';
import { createChatTransport } from '@stateroom/ai-sdk/client';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
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
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

const left: (() => void)[] = [];
afterEach(() => left.splice(0).forEach((leave) => leave()));

/** A desk that fails when it is told to, and whose tools ask the user, or the client. */
function serve() {
  const storage = memoryStorage();
  const paid: number[] = [];
  const faults = { next: false };
  const agent = defineAgent({
    id: 'desk',
    instructions: '',
    model: scriptedModel({
      reply: ({ userText, userMessages, toolResults }) => {
        if (faults.next) throw new Error('the model is down');
        const done = toolResults.findLast(({ isNew }) => isNew);
        if (done !== undefined) return { text: `Done: ${JSON.stringify(done.output)}` };
        if (userText === 'pay') return { toolCalls: [{ name: 'pay', input: { euros: 5 } }] };
        if (userText === 'where') return { toolCalls: [{ name: 'locate', input: {} }] };
        return { text: `${userText}, message ${userMessages}` };
      },
    }),
    tools: {
      pay: tool({ inputSchema: z.object({ euros: z.number() }), execute: ({ euros }) => paid.push(euros) }),
      locate: tool({ inputSchema: z.object({}), outputSchema: z.string() }),
    },
    toolApproval: { pay: 'user-approval' },
  });
  const route = createChatRoute({ agents: [agent], storage, identify: () => 'me' });
  const answer: typeof fetch = async (input, init) => {
    const request = new Request(new URL(input instanceof Request ? input.url : input, 'http://localhost'), init);
    return request.method === 'POST' ? route.POST(request) : route.GET(request);
  };
  const stored = async () => {
    const found = await loadConversation({ storage, agent, sessionId: 's', owner: 'me' });
    const messages = [...(found?.messages ?? [])];
    await convertToModelMessages(await validateUIMessages({ messages }), { tools: agent.tools });
    return messages;
  };
  return { fetch: answer, stored, paid, faults };
}

const api = 'http://localhost/api/chat';

/** The hook itself, in a component that is really mounted. */
async function mount({ fetch }: ReturnType<typeof serve>, which: string) {
  const transport =
    which === 'ours'
      ? createChatTransport({ agentId: 'desk', api, fetch })
      : new DefaultChatTransport({ api: `${api}/desk`, fetch });
  const sendAutomaticallyWhen = (options: { messages: UIMessage[] }) =>
    lastAssistantMessageIsCompleteWithApprovalResponses(options) ||
    lastAssistantMessageIsCompleteWithToolCalls(options);
  let chat: ReturnType<typeof useChat> | null = null;
  const Page = () => {
    chat = useChat({ id: 's', transport, sendAutomaticallyWhen, onError: () => {} });
    return null;
  };
  const root = createRoot(document.createElement('div'));
  root.render(createElement(Page));
  left.push(() => root.unmount());
  const current = () => {
    if (chat === null) throw new Error('the component is not mounted');
    return chat;
  };
  await vi.waitFor(() => current());
  /** Resolves when the page shows this, and has nothing more to do. */
  const shows = async (look: (messages: readonly UIMessage[]) => unknown, wanted: unknown) => {
    await vi.waitFor(() => expect([current().status, look(current().messages)]).toEqual(['ready', wanted]), 10_000);
  };
  return { current, shows };
}

const ToolPart = z.object({
  toolCallId: z.string(),
  state: z.string(),
  approval: z.object({ id: z.string() }).optional(),
});

const saidBy = (messages: readonly UIMessage[]) =>
  messages.map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join(''));
const toolIn = (messages: readonly UIMessage[]) =>
  ToolPart.parse(messages.at(-1)?.parts.find((part) => part.type.startsWith('tool-')) ?? { toolCallId: '', state: '' });
const stateIn = (messages: readonly UIMessage[]) => toolIn(messages).state;

describe.each(['ours', 'its own'])('the hook useChat, with the transport that is %s', (which) => {
  it('gives another answer, and one to a message that was changed', async () => {
    const server = serve();
    const { current, shows } = await mount(server, which);
    await current().sendMessage({ text: 'one' });
    await current().sendMessage({ text: 'two' });
    await shows(saidBy, ['one', 'one, message 1', 'two', 'two, message 2']);
    const first = current().messages.at(-1)?.id;
    await current().regenerate();
    await shows((messages) => messages.at(-1)?.id === first, false);
    await shows(saidBy, ['one', 'one, message 1', 'two', 'two, message 2']);
    await current().sendMessage({ text: 'three', messageId: current().messages[0]?.id ?? '' });
    await shows(saidBy, ['three', 'three, message 1']);
    expect(await server.stored()).toEqual(current().messages);
  });

  it('tries again after an error, and the message stands once', async () => {
    const server = serve();
    const { current, shows } = await mount(server, which);
    server.faults.next = true;
    await current().sendMessage({ text: 'one' });
    await vi.waitFor(() => expect(current().status).toBe('error'));
    server.faults.next = false;
    await current().regenerate();
    await shows(saidBy, ['one', 'one, message 1']);
    expect(saidBy(await server.stored())).toEqual(['one', 'one, message 1']);
  });

  it('approves a tool, which then runs once', async () => {
    const server = serve();
    const { current, shows } = await mount(server, which);
    await current().sendMessage({ text: 'pay' });
    await shows(stateIn, 'approval-requested');
    await current().addToolApprovalResponse({ id: toolIn(current().messages).approval?.id ?? '', approved: true });
    await shows(saidBy, ['pay', 'Done: 1']);
    expect([server.paid, stateIn(current().messages)]).toEqual([[5], 'output-available']);
    expect(await server.stored()).toEqual(current().messages);
  });

  it('carries a tool out itself', async () => {
    const server = serve();
    const { current, shows } = await mount(server, which);
    await current().sendMessage({ text: 'where' });
    await shows(stateIn, 'input-available');
    const { toolCallId } = toolIn(current().messages);
    await current().addToolOutput({ tool: 'locate', toolCallId, output: 'Oslo' });
    await shows(saidBy, ['where', 'Done: "Oslo"']);
    expect(await server.stored()).toEqual(current().messages);
  });
});
