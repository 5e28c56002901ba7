import { type ChatTransport, DefaultChatTransport, type UIMessage } from 'ai';
import { answersIn } from './client/answers-in.ts';
import { apiErrorOf } from './client/api-error.ts';
import { guestFetch } from './client/guest-fetch.ts';

export { ApiError } from './client/api-error.ts';
export { createSessionsClient, type SessionsClient, type SessionsClientOptions } from './client/sessions-client.ts';
export type { Conversation, SessionEvent, SessionList, SessionSummary, TurnSummary } from './sessions/session-view.ts';

export type ChatTransportOptions = {
  readonly agentId: string;
  /** Where the chat route is, without the agent's id: '/api/chat' by default. */
  readonly api?: string;
  /** The turn that ran when the page was made, as `loadConversation` tells it: the one to be resumed. */
  readonly runningTurnId?: string | null;
  readonly fetch?: typeof fetch;
  /** Called when a message was taken: it is stored, and its turn has begun, or waits for its place. */
  readonly onTaken?: (turnId: string | null) => void;
};

export type StateroomTransport<M extends UIMessage> = ChatTransport<M> & {
  /** Asks the turn that runs to end; what it has said stays, and comes to its end in the stream. */
  readonly stopTurn: (sessionId: string) => Promise<void>;
  /** The turn that runs in a session, if one does: also one that another window has begun. */
  readonly findTurn: (sessionId: string) => Promise<string | null>;
  /** The turn that is to be resumed next; null is whichever runs by then. */
  readonly expectTurn: (turnId: string | null) => void;
};

/**
 * The transport of an unchanged `useChat` to a chat route. It sends what is new alone, asks once more as the guest that
 * a first answer of 401 has made, and resumes whatever turn runs. An abort, as of a page that is left, stops nothing.
 *
 * @example
 * const chat = useChat({ id: sessionId, resume: true, transport: createChatTransport({ agentId: 'finance' }) });
 */
export function createChatTransport<M extends UIMessage>(options: ChatTransportOptions): StateroomTransport<M> {
  const { agentId, api = '/api/chat', onTaken } = options;
  const route = `${api}/${encodeURIComponent(agentId)}`;
  let turnId = options.runningTurnId ?? null;
  const ask = guestFetch(options.fetch);
  const addressOf = (sessionId: string) =>
    `${route}?${new URLSearchParams({ id: sessionId, ...(turnId !== null && { turn: turnId }) }).toString()}`;

  const transport = new DefaultChatTransport<M>({
    api: route,
    fetch: async (input, init) => {
      const response = await ask(input, init);
      if (!response.ok || response.status === 204) return response;
      turnId = turnIdIn(response);
      if (init?.method === 'POST') onTaken?.(turnId);
      return response;
    },
    prepareSendMessagesRequest: ({ id, messages, trigger, messageId }) => ({
      body: bodyOf({ id, messages, isAnew: trigger === 'regenerate-message' || messageId !== undefined }),
    }),
    prepareReconnectToStreamRequest: ({ id }) => ({ api: addressOf(id) }),
  });

  return {
    sendMessages: (request) => transport.sendMessages(request),
    reconnectToStream: (request) => transport.reconnectToStream(request),
    resumeStreamIsReplay: true,
    stopTurn: async (sessionId) => {
      if (turnId === null) return;
      const response = await ask(addressOf(sessionId), { method: 'DELETE' });
      if (!response.ok) throw await apiErrorOf(response);
    },
    findTurn: async (sessionId) => {
      const response = await ask(`${route}?${new URLSearchParams({ id: sessionId }).toString()}`);
      await response.body?.cancel();
      return response.ok ? turnIdIn(response) : null;
    },
    expectTurn: (expected) => {
      turnId = expected;
    },
  };
}

type Sent = { readonly id: string; readonly messages: readonly UIMessage[]; readonly isAnew: boolean };

/** Until an answer has come the session may be new; later an unknown one is an error, never a silent empty one. */
function bodyOf({ id, messages, isAnew }: Sent) {
  const last = messages.at(-1);
  // The last word is the model's where its questions were answered in place.
  if (last?.role === 'assistant') return { id, answers: answersIn(last.parts) };
  const message = messages.findLast(({ role }) => role === 'user');
  const parts = message?.parts.flatMap((part) => (part.type === 'text' ? [{ type: part.type, text: part.text }] : []));
  const create = !messages.some(({ role }) => role === 'assistant');
  return {
    id,
    message: { id: message?.id, role: 'user', parts },
    create,
    ...(isAnew && { replaces: message?.id }),
  };
}

function turnIdIn(response: Response): string | null {
  const header = response.headers.get('x-turn-id');
  return header === null ? null : decodeURIComponent(header);
}
