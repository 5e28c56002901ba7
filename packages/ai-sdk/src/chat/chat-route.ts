import {
  createId,
  type Logger,
  silentLogger,
  type StorageProvider,
  type TtlOptions,
  validateId,
} from '@stateroom/core';
import { type OrchestrationState, toClientView } from '@stateroom/orchestration';
import { createUIMessageStreamResponse, type UIMessageChunk } from 'ai';
import type { Agent } from '../agent/agent.ts';
import { type AgentRoom, type AgentRoomOptions, roomOf } from '../agent/agent-room.ts';
import { beginChatTurn, type ChatTurn } from './begin-turn.ts';
import { type ChatLimits, readChatRequest, sessionIdOf } from './chat-request.ts';
import { headOnly } from '../http/head-response.ts';
import { errorChunk, errorResponse, RequestError, unknownSession } from '../http/error-response.ts';
import { followTurn, withdrawn } from './follow-turn.ts';
import { runAgent } from '../run/run-agent.ts';
import { within } from './within.ts';

export type ChatRouteOptions = {
  readonly agents: readonly Agent[];
  readonly storage: StorageProvider;
  /** Who asks: the owner of the sessions made and found. Null is answered with 401. */
  readonly identify: (request: Request) => Promise<string | null> | string | null;
  /** Idle for 30 minutes by default. */
  readonly ttl?: TtlOptions;
  /** How long a lease lasts, a wait in line, a turn at the most; see TurnManager. */
  readonly turns?: AgentRoomOptions['turns'];
  readonly limits?: Partial<ChatLimits>;
  /** Given a promise of the turn's end, for hosts that would else stop when the response does. */
  readonly waitUntil?: (turn: Promise<void>) => void;
  readonly logger?: Logger;
};

export type ChatRoute = Readonly<Record<'GET' | 'POST' | 'DELETE', Handler>> & {
  /** Asks the turns that run in this process to end as interrupted, and waits for them: for the end of the process. */
  readonly close: (options?: { readonly graceMs?: number }) => Promise<void>;
};

type Handler = (request: Request) => Promise<Response>;

const defaultLimits: ChatLimits = { maxBodyBytes: 4 * 1024 * 1024, maxBodyMs: 60_000, maxTextCharacters: 32_000 };

/** Above this a header may be refused on its way. */
const maxHeaderCharacters = 4096;

/** A message that waits in line for longer is answered by a stream that is still silent. */
const silentAfterMs = 2000;
const keepAliveMs = 15_000;

/**
 * The API route of agents, on web standards: the last segment of the path is the agent's id. POST takes a new user
 * message and streams the answer in the AI SDK's UI message protocol; all else that it needs it has stored itself. GET
 * `?id=session&turn=turn` streams what a turn says, and DELETE stops it, whichever process it runs in. Errors are
 * `{ error: { code, message, path?, turnId? } }` with the status of the code.
 *
 * Options given as a function are asked for with the first request, since some hosts load a route while they build.
 *
 * @example
 * export const { GET, POST, DELETE } = createChatRoute(() => ({ agents: [finance], storage, identify }));
 */
export function createChatRoute(options: ChatRouteOptions | (() => ChatRouteOptions)): ChatRoute {
  let handler: RouteHandler | null = null;
  const handle = () => (handler ??= new RouteHandler(typeof options === 'function' ? options() : options));
  return {
    GET: async (request) => headOnly(request, await handle().answer(request, 'follow')),
    POST: async (request) => handle().answer(request, 'post'),
    DELETE: async (request) => handle().answer(request, 'stop'),
    close: async (closing) => handler?.close(closing),
  };
}

type Guest = { readonly room: AgentRoom; readonly access: { readonly owner: string; readonly agentId: string } };

class RouteHandler {
  readonly #options: ChatRouteOptions;
  readonly #limits: ChatLimits;
  readonly #logger: Logger;
  readonly #rooms: ReadonlyMap<string, AgentRoom>;

  constructor(options: ChatRouteOptions) {
    const { agents, logger = silentLogger } = options;
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#logger = logger;
    this.#rooms = new Map(agents.map((agent) => [agent.id, roomOf(agent, { ...options, logger })]));
  }

  async answer(request: Request, what: 'post' | 'follow' | 'stop'): Promise<Response> {
    try {
      const guest = await this.#admit(request);
      if (what === 'post') return await this.#post(request, guest);
      const target = targetOf(request);
      return what === 'stop' ? await this.#stop(target, guest) : await this.#follow(request, { ...target, ...guest });
    } catch (error) {
      return errorResponse(error, this.#logger);
    }
  }

  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    await Promise.all([...this.#rooms.values()].map(({ turns }) => turns.close(options)));
  }

  async #admit(request: Request): Promise<Guest> {
    const room = this.#rooms.get(lastSegment(request.url));
    if (room === undefined) throw new RequestError('NOT_FOUND', 'there is no such agent');
    const owner = await this.#options.identify(request);
    // Not only null: whatever else slips through would be taken for trusted code.
    if (typeof owner !== 'string' || owner === '')
      throw new RequestError('UNAUTHORIZED', 'it is not known who asks; send the request again');
    return { room, access: { owner, agentId: room.agent.id } };
  }

  async #post(request: Request, { room, access }: Guest): Promise<Response> {
    const chatRequest = await readChatRequest(request, this.#limits);
    const sessionId = chatRequest.sessionId ?? createId();
    const isNew = chatRequest.sessionId === undefined;
    const begun = beginChatTurn(room, { ...chatRequest, sessionId, isNew }, { ...access, signal: request.signal });
    const answer = (turn: ChatTurn) => this.#answerOf(turn, { room, access, sessionId, signal: request.signal });
    const early = await within(silentAfterMs, begun);
    if (early !== null) return respond(await answer(early), sessionId);
    const stream = begun.then(answer).then(
      ({ chunks }) => chunks,
      (error: unknown) => [errorChunk(error)],
    );
    return respond({ chunks: streamOf(stream) }, sessionId);
  }

  async #answerOf(begun: ChatTurn, { room, access, sessionId, signal }: Guest & Place): Promise<Answer> {
    switch (begun.status) {
      case 'started': {
        const { turn, messages, answered } = begun;
        const state = turn.state;
        const account = room.budget?.account(access.owner) ?? null;
        const run = { agent: room.agent, turn, messages, answered, account, logger: this.#logger };
        const { stream, done } = runAgent(run);
        this.#options.waitUntil?.(done);
        return { chunks: stream, turnId: turn.id, state };
      }
      case 'refused': {
        const turnId = begun.turnId ?? undefined;
        const message = begun.by === 'turn' ? 'a turn runs in this session' : 'too many messages wait in this session';
        throw new RequestError('CONFLICT', message, { ...(turnId !== undefined && { turnId }) });
      }
      case 'stopped':
      case 'withdrawn':
        return { chunks: streamOf([{ type: 'abort' }]), turnId: begun.turnId };
      case 'running':
      case 'finished':
      case 'steered': {
        const { turnId } = begun;
        const chunks = await followTurn(room, { sessionId, turnId, access, signal });
        return { chunks: chunks ?? streamOf([errorChunk(new RequestError('CONFLICT', withdrawn))]), turnId };
      }
    }
  }

  async #follow(request: Request, { room, access, sessionId, turnId }: Guest & Target): Promise<Response> {
    const found = turnId === null ? await room.turns.open(sessionId, access, { start: 0, end: 0 }) : undefined;
    if (found === null) throw new RequestError('NOT_FOUND', unknownSession);
    const followed = turnId ?? found?.running?.turnId;
    if (followed === undefined) return new Response(null, { status: 204 });
    const following = { sessionId, turnId: followed, access, signal: request.signal, isWhole: true };
    const chunks = await followTurn(room, following);
    if (chunks === null) return new Response(null, { status: 204 });
    return respond({ chunks, turnId: followed }, sessionId);
  }

  async #stop({ sessionId, turnId }: Target, { room, access }: Guest): Promise<Response> {
    if (turnId === null) throw new RequestError('INVALID', 'say which turn is to be stopped', { path: 'turn' });
    return Response.json({ status: await room.turns.stop(sessionId, { ...access, turnId }) });
  }
}

type Target = { readonly sessionId: string; readonly turnId: string | null };
type Place = { readonly sessionId: string; readonly signal: AbortSignal };
type Answer = {
  readonly chunks: ReadableStream<UIMessageChunk>;
  readonly turnId?: string;
  readonly state?: OrchestrationState;
};

function respond({ chunks, turnId, state }: Answer, sessionId: string): Response {
  const view = state && encodeURIComponent(JSON.stringify(toClientView(state)));
  const headers = {
    'x-session-id': encodeURIComponent(sessionId),
    ...(turnId !== undefined && { 'x-turn-id': encodeURIComponent(turnId) }),
    ...(view !== undefined && view.length <= maxHeaderCharacters && { 'x-orchestration-state': view }),
  };
  return createUIMessageStreamResponse({ stream: chunks, headers, keepAliveMs });
}

function targetOf(request: Request): Target {
  const query = new URL(request.url).searchParams;
  const sessionId = sessionIdOf(request, query.get('id') ?? undefined);
  if (sessionId === undefined) throw new RequestError('INVALID', 'say which session it is', { path: 'id' });
  const turnId = query.get('turn');
  if (turnId !== null) validateId(turnId, 'turn');
  return { sessionId, turnId };
}

/** The chunks that are there by then. */
function streamOf(
  chunks: readonly UIMessageChunk[] | Promise<ReadableStream<UIMessageChunk> | readonly UIMessageChunk[]>,
): ReadableStream<UIMessageChunk> {
  const there = async function* () {
    yield* await chunks;
  };
  return ReadableStream.from(there());
}

function lastSegment(url: string): string {
  return new URL(url).pathname.split('/').findLast((segment) => segment !== '') ?? '';
}
