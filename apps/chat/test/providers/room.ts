import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { Logger } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import {
  type Agent,
  type ChatRoute,
  type Conversation,
  createChatRoute,
  defineAgent,
  loadConversation,
} from '@stateroom/ai-sdk';
import { defineWorkflow } from '@stateroom/orchestration';
import { tool, type UIMessageChunk } from 'ai';
import { z } from 'zod';
import { modelFromEnv } from '../../lib/model.ts';
import { chatCompletions } from './chat-completions.ts';
import { messages } from './messages.ts';
import type { Protocol } from './protocol.ts';
import { ProviderServer } from './provider-server.ts';
import { responses } from './responses.ts';

export const key = 'sk-test-secret';

/** How the app, or for one of them somebody else, comes to speak to each provider. */
const providers = {
  'OpenAI Responses': {
    protocol: responses,
    model: (url: string) => {
      const env = { OPENAI_BASE_URL: url, OPENAI_API_KEY: key, STATEROOM_OPENAI_API: 'responses' };
      return modelFromEnv({ ...env, STATEROOM_MODEL: 'gpt-5.4-nano' }).model;
    },
  },
  'OpenAI Responses, with its store': {
    protocol: responses,
    model: (url: string) => createOpenAI({ baseURL: url, apiKey: key })('gpt-5.4-nano'),
  },
  'chat completions': {
    protocol: () => chatCompletions,
    model: (url: string) =>
      modelFromEnv({ OPENAI_BASE_URL: url, OPENAI_API_KEY: key, STATEROOM_MODEL: 'local-1' }).model,
  },
  Anthropic: {
    protocol: () => messages,
    model: (url: string) => modelFromEnv({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key }).model,
  },
} as const satisfies Record<string, { protocol: () => Protocol; model: (url: string) => LanguageModelV4 }>;

export type ProviderName = keyof typeof providers;
export const providerNames = [
  'OpenAI Responses',
  'OpenAI Responses, with its store',
  'chat completions',
  'Anthropic',
] as const satisfies readonly ProviderName[];

export type Answer = {
  readonly chunks: readonly UIMessageChunk[];
  readonly text: string;
  readonly body: string;
  /** The code of the error that it ended with; null for none. */
  readonly code: string | null;
};

/** What happens once something is in the stream of an answer. */
export type Meanwhile = { readonly onceSaid: string; readonly happens: () => unknown };

const workflow = defineWorkflow({
  steps: [
    { name: 'research', tools: { allow: ['search', 'wait'] } },
    { name: 'answer', when: [{ type: 'tool_used', tool: 'search' }], tools: { allow: ['publish'] } },
  ],
});

/** A desk that searches, and then publishes when it is allowed to: over HTTP to its model, and on the app's own model. */
export class Room implements AsyncDisposable {
  readonly server: ProviderServer;
  /** The tools that were really carried out. */
  readonly ran: string[] = [];
  /** All that was logged. */
  readonly log: string[] = [];
  readonly #agent: Agent;
  readonly #route: ChatRoute;
  readonly #storage = memoryStorage();
  #messages = 0;

  private constructor(server: ProviderServer, model: LanguageModelV4) {
    this.server = server;
    this.#agent = defineAgent({
      id: 'desk',
      model,
      instructions: 'Be brief.',
      tools: this.#tools(),
      workflow,
      toolApproval: { publish: 'user-approval' },
    });
    const logger = loggerTo(this.log);
    const storage = this.#storage;
    this.#route = createChatRoute({ agents: [this.#agent], storage, identify: () => 'me', logger });
  }

  static async open(name: ProviderName): Promise<Room> {
    const { protocol, model } = providers[name];
    const server = new ProviderServer(protocol());
    return new Room(server, model(await server.start()));
  }

  /** Sends a message. What is to happen meanwhile happens once its marker is in the answer. */
  async say(text: string, meanwhile?: Meanwhile): Promise<Answer> {
    return this.#post({ message: this.#message(text), create: true }, meanwhile);
  }

  /** The same message again, as it was sent last. */
  async sayAgain(): Promise<Answer> {
    const last = (await this.load()).messages.findLast(({ role }) => role === 'user');
    return this.#post({ message: last });
  }

  async decide(approved: boolean): Promise<Answer> {
    const part = (await this.load()).messages.at(-1)?.parts.at(-1);
    const approvalId = part !== undefined && 'approval' in part ? part.approval?.id : undefined;
    return this.#post({ answers: [{ approvalId, approved }] });
  }

  /** Stops the turn that runs. */
  async stop(): Promise<void> {
    const { runningTurnId } = await this.load();
    const query = new URLSearchParams({ id: 's', turn: runningTurnId ?? '' });
    await this.#route.DELETE(new Request(`http://localhost/api/chat/desk?${query.toString()}`, { method: 'DELETE' }));
  }

  async load(): Promise<Conversation> {
    const found = await loadConversation({ storage: this.#storage, agent: this.#agent, sessionId: 's', owner: 'me' });
    if (found === null) throw new Error('there is no session');
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#route.close({ graceMs: 0 });
    await this.server[Symbol.asyncDispose]();
  }

  async #post(body: object, meanwhile?: Meanwhile): Promise<Answer> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const request = new Request('http://localhost/api/chat/desk', {
      ...init,
      body: JSON.stringify({ id: 's', ...body }),
    });
    const response = await this.#route.POST(request);
    return answerOf(await readText(response, meanwhile));
  }

  #message(text: string) {
    this.#messages += 1;
    return { id: `m${this.#messages}`, role: 'user', parts: [{ type: 'text', text }] };
  }

  #tools() {
    const { ran } = this;
    return {
      search: tool({
        inputSchema: z.object({ query: z.string() }),
        execute: ({ query }) => {
          ran.push('search');
          return { found: query };
        },
      }),
      /** Until it is stopped. */
      wait: tool({
        inputSchema: z.object({}),
        execute: (_input, { abortSignal }) => {
          ran.push('wait');
          return new Promise((_resolve, reject) => {
            abortSignal?.addEventListener('abort', () => reject(new Error('stopped')));
          });
        },
      }),
      publish: tool({
        inputSchema: z.object({}),
        execute: () => {
          ran.push('publish');
          return 'published';
        },
      }),
    };
  }
}

async function readText({ body }: Response, meanwhile: Meanwhile | undefined): Promise<string> {
  let text = '';
  let isAwaited = meanwhile !== undefined;
  for await (const piece of (body ?? new ReadableStream<Uint8Array<ArrayBuffer>>()).pipeThrough(
    new TextDecoderStream(),
  )) {
    text += piece;
    if (!isAwaited || meanwhile === undefined || !saidIn(text).includes(meanwhile.onceSaid)) continue;
    isAwaited = false;
    await meanwhile.happens();
  }
  if (isAwaited) throw new Error(`it never said "${meanwhile?.onceSaid}": ${text}`);
  return text;
}

/** All events that are whole, without ids: these are random, and may hold any word. */
function saidIn(text: string): string {
  return text.slice(0, text.lastIndexOf('\n\n')).replaceAll(/"\w*id":"[^"]*"/gi, '');
}

function answerOf(body: string): Answer {
  const events = body.split('\n\n').filter((event) => event.startsWith('data: {'));
  const chunks: UIMessageChunk[] = events.map((event) => JSON.parse(event.slice('data: '.length)));
  const text = chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join('');
  const last = chunks.at(-1);
  return { chunks, text, body, code: last?.type === 'error' ? JSON.parse(last.errorText).error.code : null };
}

function loggerTo(log: string[]): Logger {
  const write = (fields: object, message: string) => void log.push(JSON.stringify({ ...fields, message }));
  return { debug: write, info: write, warn: write, error: write };
}
