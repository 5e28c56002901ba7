import { type Logger, silentLogger, type StorageProvider, type TtlOptions } from '@stateroom/core';
import { toClientView } from '@stateroom/orchestration';
import { createUIMessageStreamResponse, type UIMessage } from 'ai';
import type { Agent } from './agent.ts';
import { type ChatLimits, readChatRequest } from './chat-request.ts';
import { type Conversation, openConversation, sessionsOf } from './conversation.ts';
import { errorResponse, RequestError } from './error-response.ts';
import { runTurn } from './run-turn.ts';

export type ChatRouteOptions = {
  readonly agents: readonly Agent[];
  readonly storage: StorageProvider;
  /** Who asks: the owner of the sessions made and found. Null is answered with 401. */
  readonly identify: (request: Request) => Promise<string | null> | string | null;
  /** Idle for 30 minutes by default. */
  readonly ttl?: TtlOptions;
  readonly limits?: Partial<ChatLimits>;
  /** Given a promise of the turn's end, for hosts that would else stop when the response does. */
  readonly waitUntil?: (turn: Promise<void>) => void;
  readonly logger?: Logger;
};

export type ChatRoute = { readonly POST: (request: Request) => Promise<Response> };

const defaultLimits: ChatLimits = { maxBodyBytes: 4 * 1024 * 1024, maxTextCharacters: 32_000 };

/** Above this a header may be refused on its way. */
const maxHeaderCharacters = 4096;

/**
 * The API route of agents, on web standards: the last segment of the path is the agent's id. POST takes a new user
 * message and streams the answer in the AI SDK's UI message protocol; all else that it needs it has stored itself.
 * Errors are `{ error: { code, message, path? } }` with the status of the code, before anything is stored.
 *
 * Options given as a function are asked for with the first request, since some hosts load a route while they build.
 *
 * @example
 * export const { POST } = createChatRoute(() => ({ agents: [finance], storage, identify }));
 */
export function createChatRoute(options: ChatRouteOptions | (() => ChatRouteOptions)): ChatRoute {
  let handle: Handler | null = null;
  return {
    POST: async (request) => {
      handle ??= handlerOf(typeof options === 'function' ? options() : options);
      return handle(request);
    },
  };
}

type Handler = (request: Request) => Promise<Response>;

function handlerOf({ agents, storage, identify, ttl, waitUntil, ...options }: ChatRouteOptions): Handler {
  const { logger = silentLogger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const rooms = new Map(agents.map((agent) => [agent.id, { agent, sessions: sessionsOf(agent, storage, ttl) }]));

  async function post(request: Request): Promise<Response> {
    const room = rooms.get(lastSegment(request.url));
    if (room === undefined) throw new RequestError('NOT_FOUND', 'there is no such agent');
    const { agent, sessions } = room;
    const owner = await identify(request);
    // Not only null: whatever else slips through would be taken for trusted code.
    if (typeof owner !== 'string' || owner === '')
      throw new RequestError('UNAUTHORIZED', 'it is not known who asks; send the request again');
    const chatRequest = await readChatRequest(request, limits);
    const conversation = await openConversation(sessions, chatRequest, { owner, agentId: agent.id });
    const { message } = chatRequest;
    refuseAnswered(conversation, message);
    const turn = runTurn({ agent, sessions, owner, conversation, message, logger });
    waitUntil?.(turn.done);
    return createUIMessageStreamResponse({ stream: turn.stream, headers: headersOf(conversation) });
  }

  return (request) => post(request).catch((error: unknown) => errorResponse(error, logger));
}

/** The last message may be sent again, to the letter, as long as it has no answer; no other id is free to be used again. */
function refuseAnswered({ messages }: Conversation, { id, parts }: UIMessage): void {
  const index = messages.findIndex((message) => message.id === id);
  const known = messages[index];
  if (known === undefined) return;
  const isUnanswered = index === messages.length - 1 && known.role === 'user';
  if (isUnanswered && JSON.stringify(known.parts) === JSON.stringify(parts)) return;
  throw new RequestError('CONFLICT', 'this id is that of an earlier message; send a new one', 'message.id');
}

function headersOf({ sessionId, state }: Conversation): Record<string, string> {
  const view = encodeURIComponent(JSON.stringify(toClientView(state)));
  return {
    'x-session-id': encodeURIComponent(sessionId),
    ...(view.length <= maxHeaderCharacters && { 'x-orchestration-state': view }),
  };
}

function lastSegment(url: string): string {
  return new URL(url).pathname.split('/').findLast((segment) => segment !== '') ?? '';
}
