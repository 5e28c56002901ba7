import {
  type Logger,
  silentLogger,
  type StorageProvider,
  type TtlOptions,
  unwrap,
  validateId,
  type SessionSuccess,
} from '@stateroom/core';
import { type OrchestrationState, OrchestrationStateManager } from '@stateroom/orchestration';
import { z } from 'zod';
import type { Agent } from '../agent/agent.ts';
import { type AgentRoom, roomOf } from '../agent/agent-room.ts';
import { errorResponse, RequestError, unknownSession } from '../http/error-response.ts';
import { headOnly } from '../http/head-response.ts';
import { parse, readJson } from '../http/request-body.ts';
import { EventStreams } from './session-events.ts';
import { type SessionList, conversationOf, summaryOf } from './session-view.ts';

export type SessionRouteOptions = {
  /** Sessions of others are not shown. */
  readonly agents: readonly Agent[];
  readonly storage: StorageProvider;
  /** Who asks: whose sessions are shown. Null is answered with 401. */
  readonly identify: (request: Request) => Promise<string | null> | string | null;
  /** Of forks; idle for 30 minutes by default. */
  readonly ttl?: TtlOptions;
  /** Where the route is: '/api/sessions' by default. */
  readonly basePath?: string;
  readonly events?: {
    /** How often a stream of events looks at the storage, in milliseconds: 1,000 by default. */
    readonly everyMs?: number;
    /** How many of them one owner may have open in this process: 32 by default. More are refused with 429. */
    readonly maxPerOwner?: number;
  };
  readonly limits?: {
    /** How long a request may take to come in whole, in milliseconds: 60,000 by default. */
    readonly maxBodyMs?: number;
  };
  readonly logger?: Logger;
};

export type SessionRoute = Readonly<Record<'GET' | 'POST' | 'DELETE', (request: Request) => Promise<Response>>> & {
  /** Ends the streams of events, for the end of the process: a server that waits for its connections waits for them. */
  readonly close: () => void;
};

/** The turn that is to be the last; null for none. */
const RewindBody = z.strictObject({ turnId: z.string().nullable(), keepState: z.boolean().default(false) });
const ForkBody = z.strictObject({ turnId: z.string().nullable() });

/** Beside the ids of a turn and of JSON there is nothing in these bodies. */
const maxBodyBytes = 4096;
const maxListed = 100;

/**
 * One's own sessions, on web standards, below `basePath`: GET `?agent=&limit=&cursor=` lists them, newest first; GET
 * `/{id}` is one with its messages and turns, GET `/{id}/events` a stream that tells when a turn begins or ends; DELETE
 * `/{id}` ends it for good; POST `/{id}/rewind` and `/{id}/fork`, with `{ turnId }`, go back to where it was after that
 * turn, here or in a new session. Errors are as those of the chat route.
 *
 * @example
 * export const { GET, POST, DELETE } = createSessionRoute(() => ({ agents: [finance], storage, identify }));
 */
export function createSessionRoute(options: SessionRouteOptions | (() => SessionRouteOptions)): SessionRoute {
  let handler: SessionHandler | null = null;
  const handle = () => (handler ??= new SessionHandler(typeof options === 'function' ? options() : options));
  const answer = async (request: Request) => headOnly(request, await handle().answer(request));
  return { GET: answer, POST: answer, DELETE: answer, close: () => handler?.close() };
}

type Place = { readonly sessionId: string; readonly owner: string };
type Found = { readonly room: AgentRoom; readonly access: { readonly owner: string; readonly agentId: string } };

class SessionHandler {
  readonly #options: SessionRouteOptions;
  readonly #basePath: string;
  readonly #logger: Logger;
  readonly #rooms: ReadonlyMap<string, AgentRoom>;
  /** Of whichever agent: what agents keep of their own is not looked at. */
  readonly #sessions: OrchestrationStateManager['sessions'];
  readonly #events: EventStreams;

  constructor(options: SessionRouteOptions) {
    const { agents, storage, basePath = '/api/sessions', events, logger = silentLogger } = options;
    this.#options = options;
    this.#basePath = basePath;
    this.#logger = logger;
    this.#rooms = new Map(agents.map((agent) => [agent.id, roomOf(agent, options)]));
    this.#sessions = new OrchestrationStateManager({ storage, logger }).sessions;
    this.#events = new EventStreams(events);
  }

  close(): void {
    this.#events.close();
  }

  async answer(request: Request): Promise<Response> {
    try {
      const owner = await this.#options.identify(request);
      // Not only null: whatever else slips through would be taken for trusted code.
      if (typeof owner !== 'string' || owner === '')
        throw new RequestError('UNAUTHORIZED', 'it is not known who asks; send the request again');
      const [sessionId, ...rest] = segmentsOf(request, this.#basePath);
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      const what = [method, ...rest].join(' ');
      if (sessionId === undefined && what === 'GET') return fresh(await this.#list(request, owner));
      if (sessionId === undefined) throw noEndpoint();
      validateId(sessionId, 'sessionId');
      return await this.#answerOne(what, request, { sessionId, owner });
    } catch (error) {
      return errorResponse(error, this.#logger);
    }
  }

  async #answerOne(what: string, request: Request, place: Place): Promise<Response> {
    switch (what) {
      case 'GET':
        return fresh(await this.#show(place));
      case 'DELETE':
        return fresh({ deleted: await this.#delete(place) });
      case 'GET events':
        return this.#events.open(await this.#find(place), { ...place, signal: request.signal });
      case 'POST rewind':
        return fresh(await this.#rewind(place, parse(RewindBody, await this.#bodyOf(request))));
      case 'POST fork':
        return fresh(await this.#fork(place, parse(ForkBody, await this.#bodyOf(request))), 201);
      default:
        throw noEndpoint();
    }
  }

  async #bodyOf(request: Request): Promise<unknown> {
    return readJson(request, { maxBodyBytes, maxBodyMs: 60_000, ...this.#options.limits });
  }

  async #list(request: Request, owner: string): Promise<SessionList> {
    const query = new URL(request.url).searchParams;
    const agentId = query.get('agent') ?? undefined;
    const limit = limitOf(query.get('limit'));
    const page = await this.#sessions.listSessions({ owner, agentId, limit, cursor: query.get('cursor') });
    const shown = page.sessions.filter((session) => this.#rooms.has(session.agentId ?? ''));
    return { sessions: shown.map((session) => summaryOf(session, session.data)), cursor: page.cursor };
  }

  async #show(place: Place) {
    const { room, access } = await this.#find(place);
    return conversationOf(room.agent, await room.turns.history(place.sessionId, access));
  }

  async #delete({ sessionId, owner }: Place): Promise<boolean> {
    const { access } = await this.#find({ sessionId, owner });
    const deletion = unwrap(await this.#sessions.deleteSession(sessionId, access));
    return deletion.data;
  }

  async #rewind(place: Place, { turnId, keepState }: z.infer<typeof RewindBody>) {
    const { room, access } = await this.#find(place);
    const gone = await room.turns.rewind(place.sessionId, { ...access, turnId, keepState });
    return { gone: gone.map((turn) => turn.turnId) };
  }

  async #fork(place: Place, { turnId }: z.infer<typeof ForkBody>) {
    const { room, access } = await this.#find(place);
    return { sessionId: await room.turns.fork(place.sessionId, { ...access, turnId }) };
  }

  /** The room of the agent whose session it is. NOT_FOUND for one of an agent that is not shown here, too. */
  async #find({ sessionId, owner }: Place): Promise<Found> {
    const found: SessionSuccess<OrchestrationState, 'messages' | 'turns'> = unwrap(
      await this.#sessions.getSession(sessionId, { owner }),
    );
    const room = this.#rooms.get(found.agentId ?? '');
    if (room === undefined) throw new RequestError('NOT_FOUND', unknownSession);
    return { room, access: { owner, agentId: room.agent.id } };
  }
}

/** What stands behind the base path, wherever that begins. */
function segmentsOf(request: Request, basePath: string): string[] {
  const { pathname } = new URL(request.url);
  const start = pathname.indexOf(basePath);
  const [before, ...segments] = pathname.slice(start + basePath.length).split('/');
  if (start < 0 || before !== '') throw noEndpoint();
  return segments.filter((segment) => segment !== '').map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RequestError('INVALID', 'the session’s id is not percent-encoded', { path: 'sessionId' });
  }
}

function limitOf(text: string | null): number {
  if (text === null) return maxListed / 2;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= maxListed) return limit;
  throw new RequestError('INVALID', `limit is no whole number from 1 to ${maxListed}`, { path: 'limit' });
}

function noEndpoint(): RequestError {
  return new RequestError('NOT_FOUND', 'there is no such endpoint');
}

/** What one's sessions hold belongs in no cache. */
function fresh(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store' } });
}
