import type { LanguageModelV4 } from '@ai-sdk/provider';
import { type Agent, type ChatRoute, createChatRoute } from '@stateroom/ai-sdk';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import type { StorageProvider } from '@stateroom/core';
import { ClientView } from '@stateroom/orchestration';
import { z } from 'zod';

const Calls = z.array(z.object({ name: z.string(), input: z.record(z.string(), z.unknown()) }));
type Call = z.infer<typeof Calls>[number];

const Chunk = z.looseObject({ type: z.string() });
const Refused = z.object({ error: z.object({ code: z.string(), path: z.string().optional() }) });

/** What came of a message. */
export type Answer = {
  readonly status: number;
  /** Of a request that was turned down. */
  readonly error: z.infer<typeof Refused>['error'] | null;
  readonly types: readonly string[];
  /** What each tool gave, or why it refused, or why it was denied, in the order in which they were done. */
  readonly outputs: readonly unknown[];
  /** The first of them. */
  readonly output: unknown;
  /** Of the question whether a tool may run; null where none is asked. */
  readonly approvalId: string | null;
  /** What the guest may see of the session after the turn. */
  readonly view: ClientView | null;
};

/** A model that calls the tools that the user's message spells out, all at once, and then has nothing more to do. */
export function obedientModel(delayMs = 0): LanguageModelV4 {
  return scriptedModel({
    delayMs,
    reply: ({ userText, toolResults }) => {
      if (toolResults.some(({ isNew }) => isNew)) return { text: 'So it is.' };
      const toolCalls = userText.startsWith('[') ? Calls.parse(JSON.parse(userText)) : [];
      return toolCalls.length === 0 ? { text: `You say: ${userText}` } : { toolCalls };
    },
  });
}

export function routeOf(agent: Agent, storage: StorageProvider): ChatRoute {
  return createChatRoute({ agents: [agent], storage, identify: (request) => request.headers.get('x-owner') });
}

/** Somebody in a conversation with the one agent of a route. */
export class Guest {
  readonly owner: string;
  readonly sessionId: string;
  readonly #route: ChatRoute;
  readonly #agentId: string;

  constructor(route: ChatRoute, { agentId, owner = 'anna' }: { readonly agentId: string; readonly owner?: string }) {
    this.#route = route;
    this.#agentId = agentId;
    this.owner = owner;
    this.sessionId = crypto.randomUUID();
  }

  /** In a turn of its own. */
  call(name: string, input: Record<string, unknown> = {}): Promise<Answer> {
    return this.callAll([{ name, input }]);
  }

  /** In one model step. */
  callAll(calls: readonly Call[]): Promise<Answer> {
    return this.say(JSON.stringify(calls));
  }

  say(text: string): Promise<Answer> {
    const message = { id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text }] };
    return this.post({ message, create: true });
  }

  answer({ approvalId }: Pick<Answer, 'approvalId'>, approved: boolean): Promise<Answer> {
    return this.post({ answers: [{ approvalId, approved }] });
  }

  async post(body: object): Promise<Answer> {
    const request = new Request(`http://localhost/api/chat/${this.#agentId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-owner': this.owner },
      body: JSON.stringify({ id: this.sessionId, ...body }),
    });
    const response = await this.#route.POST(request);
    const { status } = response;
    const text = await response.text();
    if (status !== 200) return { ...nothing, status, error: Refused.parse(JSON.parse(text)).error };
    return { ...toldBy(text), status, error: null };
  }
}

const nothing = { types: [], outputs: [], output: undefined, approvalId: null, view: null };

function toldBy(stream: string): Omit<Answer, 'status' | 'error'> {
  const events = stream.split('\n\n').filter((event) => event.startsWith('data: {'));
  const chunks = events.map((event) => Chunk.parse(JSON.parse(event.slice('data: '.length))));
  const of = (type: string) => chunks.findLast((chunk) => chunk.type === type);
  const outputs = chunks.flatMap(({ output, errorText, reason }) => output ?? errorText ?? reason ?? []);
  const question = chunks.find(({ type, isAutomatic }) => type === 'tool-approval-request' && isAutomatic !== true);
  const approvalId = question?.['approvalId'];
  const state = of('data-orchestration')?.['data'];
  return {
    types: chunks.map(({ type }) => type),
    outputs,
    output: outputs[0],
    approvalId: typeof approvalId === 'string' ? approvalId : null,
    view: state === undefined ? null : ClientView.parse(state),
  };
}
