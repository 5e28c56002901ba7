import { jsonSchema, parseJsonEventStream, type UIMessage } from 'ai';
import { ApiError, apiErrorOf, isErrorBody } from './api-error.ts';
import { guestFetch } from './guest-fetch.ts';
import { later } from '../http/later.ts';
import type { Conversation, SessionEvent, SessionList } from '../sessions/session-view.ts';

export type SessionsClientOptions = {
  /** Where the session route is: '/api/sessions' by default. */
  readonly api?: string;
  readonly fetch?: typeof fetch;
};

/** One's own sessions, from a browser or any other client. Throws ApiError for what the route refuses. */
export type SessionsClient<M extends UIMessage = UIMessage> = {
  /** Newest first, 50 at a time unless `limit` says otherwise: 1–100. */
  readonly list: (options?: {
    readonly agentId?: string;
    readonly limit?: number;
    readonly cursor?: string | null;
  }) => Promise<SessionList>;
  /** Null when it is not there, or not one's own. */
  readonly get: (sessionId: string) => Promise<Conversation<M> | null>;
  /** For good; false when it was not there. */
  readonly delete: (sessionId: string) => Promise<boolean>;
  /**
   * Goes back to where it was after a turn, or before the first; gives the ids of the turns that are gone. CONFLICT
   * while a turn runs, NO_CHECKPOINT where the state of then is not kept any more: `keepState` leaves it as it is now.
   */
  readonly rewind: (
    sessionId: string,
    to: { readonly turnId: string | null; readonly keepState?: boolean },
  ) => Promise<readonly string[]>;
  /** Makes a session of its own of all up to a turn; gives its id. */
  readonly fork: (sessionId: string, at: { readonly turnId: string | null }) => Promise<string>;
  /**
   * Tells how a session is, and each time a turn begins or ends or anything else is written, until the signal ends it or
   * the session is gone, which is thrown as NOT_FOUND. What else goes wrong is tried again after a while.
   */
  readonly watch: (
    sessionId: string,
    watching: { readonly onEvent: (event: SessionEvent) => void; readonly signal: AbortSignal },
  ) => Promise<void>;
};

const retryMs = 3000;

/** Anything: what a line says is looked at when it is told. */
const anyJson = jsonSchema({});

/**
 * Asks a session route.
 *
 * @example
 * const { sessions } = await createSessionsClient().list();
 */
export function createSessionsClient<M extends UIMessage = UIMessage>({
  api = '/api/sessions',
  fetch: plain,
}: SessionsClientOptions = {}): SessionsClient<M> {
  const ask = asking(guestFetch(plain));
  const addressOf = (sessionId: string, ...rest: readonly string[]) =>
    [api, encodeURIComponent(addressable(sessionId)), ...rest].join('/');
  const reach = async (sessionId: string, init?: RequestInit) => ask(addressOf(sessionId), init);
  const post = async (address: string, body: unknown) =>
    ask(address, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  // The answers are those of our own route, of the version that this client came with.
  return {
    list: async (options) => (await (await ask(`${api}?${queryOf(options).toString()}`)).json()) as SessionList,
    get: async (sessionId) => {
      const response = await reach(sessionId).catch(nullIfAbsent);
      return response && ((await response.json()) as Conversation<M>);
    },
    delete: async (sessionId) => {
      const response = await reach(sessionId, { method: 'DELETE' }).catch(nullIfAbsent);
      return response !== null && ((await response.json()) as { deleted: boolean }).deleted;
    },
    rewind: async (sessionId, to) => {
      const response = await post(addressOf(sessionId, 'rewind'), to);
      return ((await response.json()) as { gone: readonly string[] }).gone;
    },
    fork: async (sessionId, at) => {
      const response = await post(addressOf(sessionId, 'fork'), at);
      return ((await response.json()) as { sessionId: string }).sessionId;
    },
    watch: async (sessionId, watching) => watch(ask, addressOf(sessionId, 'events'), watching),
  };
}

type Ask = (address: string, init?: RequestInit) => Promise<Response>;

function asking(plain: typeof fetch): Ask {
  return async (address, init) => {
    const response = await plain(address, { cache: 'no-store', ...init });
    if (!response.ok) throw await apiErrorOf(response);
    return response;
  };
}

/** What a URL would take for another place, or cannot hold, is the id of no session. */
function addressable(sessionId: string): string {
  if (/[^.]|\.{3}/.test(sessionId) && sessionId.isWellFormed()) return sessionId;
  throw new ApiError(404, { code: 'NOT_FOUND', message: 'there is no such session' });
}

function queryOf({ agentId, limit, cursor }: Parameters<SessionsClient['list']>[0] = {}): URLSearchParams {
  return new URLSearchParams({
    ...(agentId !== undefined && { agent: agentId }),
    ...(limit !== undefined && { limit: String(limit) }),
    ...(typeof cursor === 'string' && { cursor }),
  });
}

async function watch(
  ask: Ask,
  address: string,
  { onEvent, signal }: Parameters<SessionsClient['watch']>[1],
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const event of eventsIn(await ask(address, { signal }))) onEvent(event);
    } catch (error) {
      if (!signal.aborted && error instanceof ApiError && error.code === 'NOT_FOUND') throw error;
    }
    await later(retryMs, signal);
  }
}

async function* eventsIn({ body }: Response): AsyncGenerator<SessionEvent> {
  if (body === null) return;
  for await (const line of parseJsonEventStream({ stream: body, schema: anyJson })) {
    if (!line.success) throw line.error;
    if (isErrorBody(line.value)) throw new ApiError(200, line.value.error);
    yield line.value as SessionEvent;
  }
}

function nullIfAbsent(error: unknown): null {
  if (error instanceof ApiError && error.code === 'NOT_FOUND') return null;
  throw error;
}
