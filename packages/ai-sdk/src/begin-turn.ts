import { unwrap } from '@stateroom/core';
import {
  attemptOf,
  type BeginOptions,
  type Begun,
  messageIdOf,
  type NotBegun,
  type OrchestrationState,
  type Turn,
} from '@stateroom/orchestration';
import type { UIMessage } from 'ai';
import type { AgentRoom } from './agent-room.ts';
import { type AnsweredMessage, findAnswered } from './answered-message.ts';
import type { ChatRequest, ChatWish } from './chat-request.ts';
import { isAbsent, RequestError, unknownSession } from './error-response.ts';
import { fromTranscript, messagesIn, toGoOnFrom, toTranscript, windowOf } from './transcript.ts';

export type Caller = { readonly owner: string; readonly agentId: string; readonly signal: AbortSignal };

/** A turn that begins here, with what its model is to go on from; or what came of the message instead. */
export type ChatTurn =
  | { readonly status: 'started'; readonly turn: Turn<OrchestrationState>; readonly messages: readonly UIMessage[] }
  | NotBegun;

type Asked = Pick<BeginOptions, 'messageId' | 'input' | 'replacing'>;

/** Begins the turn that a request asks for, in its session; which is made where that was asked for. */
export async function beginChatTurn(
  room: AgentRoom,
  request: ChatRequest & { readonly sessionId: string; readonly isNew: boolean },
  caller: Caller,
): Promise<ChatTurn> {
  const { sessionId, mayCreate, isNew } = request;
  const { owner, agentId } = caller;
  const create = async () =>
    unwrap(await room.sessions.createSession({ owner, agentId, sessionId, ifExists: 'return' }));
  if (isNew) await create();
  try {
    return await begin(room, request, caller);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    if (!mayCreate) throw new RequestError('NOT_FOUND', unknownSession);
    await create();
    return begin(room, request, caller);
  }
}

async function begin(
  room: AgentRoom,
  request: ChatRequest & { readonly sessionId: string },
  { signal, ...access }: Caller,
): Promise<ChatTurn> {
  const { sessionId, wish } = request;
  const { history } = room.agent;
  const asked = await askedFor(room, request, access);
  // A message is several items where it came step by step.
  const window = history && { lastMessages: history.lastMessages * itemsAMessage };
  const begun = await room.turns.begin(sessionId, { ...access, ...asked, signal, ...window });
  if (begun.status !== 'started') {
    if (wish.type === 'message') await refuseOtherWords(room, { begun, message: wish.message, sessionId }, access);
    return begun;
  }
  const { turn } = begun;
  try {
    const messages = await shown(room, turn, access);
    const isRetry = turn.input.length === 0;
    const known = (isRetry ? messages : messages.slice(0, -1)).find(({ id }) => id === asked.messageId);
    if (known === undefined || (isRetry && hasWords(known, wish.message)))
      return { status: 'started', turn, messages: isRetry ? toGoOnFrom(messages) : messages };
    turn.request('rolled_back');
    await turn.end();
  } catch (error) {
    turn.abandon();
    throw error;
  }
  throw takenId();
}

const itemsAMessage = 4;

/** What the model is shown: the transcript, or the end of it, with the turn's own message. */
async function shown(
  { agent, turns }: AgentRoom,
  turn: Turn<OrchestrationState>,
  access: Omit<Caller, 'signal'>,
): Promise<UIMessage[]> {
  const { items, length } = turn.history;
  const messages = await fromTranscript([...items, ...turn.input]);
  if (agent.history === null) return messages;
  const { lastMessages } = agent.history;
  if (items.length === length || messages.length > lastMessages + 1) return windowOf(messages, lastMessages);
  const all = (await turns.open(turn.sessionId, access))?.messages.items ?? items;
  return windowOf(await fromTranscript([...all, ...turn.input]), lastMessages);
}

/** The message to be answered, and what it takes the place of. */
async function askedFor(
  { turns }: AgentRoom,
  { sessionId, wish }: ChatRequest & { readonly sessionId: string },
  access: Omit<Caller, 'signal'>,
): Promise<Asked> {
  if (wish.type === 'message') return plain(wish.message);
  const target = wish.type === 'edit' ? wish.replaces : wish.messageId;
  const past = await turns.list(sessionId, access);
  const found = await turns.open(sessionId, access);
  const running = found?.running ?? null;
  if (running !== null && (target === null || messageIdOf(running.turnId) === target)) {
    const { turnId, input } = running;
    // To ask for what is being answered anew is to ask for it again, unless it is to have other words.
    if (wish.type === 'regenerate') return { messageId: messageIdOf(turnId), input };
    if (wish.message.id === target && hasWords(messagesIn(input)[0] ?? {}, wish.message)) return plain(wish.message);
    const replacing = { after: past.at(-1)?.turnId ?? null, attempt: attemptOf(turnId) + 1 };
    return { ...(await plain(wish.message)), replacing };
  }
  const answered = found && findAnswered(past, found, target);
  if (answered !== null) return inPlaceOf(answered, wish);
  if (wish.message !== null) return plain(wish.message);
  throw new RequestError('INVALID', 'there is no such message in the session', { path: 'regenerate' });
}

async function inPlaceOf(
  { messageId, input, turnBefore, attempt, canGoOn }: AnsweredMessage,
  wish: Exclude<ChatWish, { readonly type: 'message' }>,
): Promise<Asked> {
  const isSame = wish.message === null || wish.message.id === messageId;
  const hasSameWords = wish.type === 'regenerate' || (isSame && hasWords(messagesIn(input)[0] ?? {}, wish.message));
  // What broke off after its tools have worked is gone on with, for the model is to know of them.
  if (hasSameWords && canGoOn) return { messageId, input };
  if (wish.type === 'regenerate') return { messageId, input, replacing: { after: turnBefore, attempt } };
  const replacing = { after: turnBefore, ...(isSame && { attempt }) };
  return { ...(await plain(wish.message)), replacing };
}

async function plain(message: UIMessage): Promise<Asked> {
  return { messageId: message.id, input: await toTranscript([message]) };
}

/** An id is that of one message: it is free for the same words alone. */
async function refuseOtherWords(
  { turns }: AgentRoom,
  { begun, message, sessionId }: { begun: Begun<unknown>; message: UIMessage; sessionId: string },
  access: Omit<Caller, 'signal'>,
): Promise<void> {
  if (begun.status !== 'running' && begun.status !== 'finished' && begun.status !== 'steered') return;
  const found = await turns.open(sessionId, access);
  const items = [...(found?.messages.items ?? []), ...(found?.running?.input ?? [])];
  const known = messagesIn(items).find(({ id }) => id === message.id);
  if (known !== undefined && !hasWords(known, message)) throw takenId();
}

function hasWords({ parts }: Partial<UIMessage>, message: UIMessage | null): boolean {
  return message === null || JSON.stringify(parts) === JSON.stringify(message.parts);
}

function takenId(): RequestError {
  const message = 'this id is that of an earlier message; send a new one, or say what it replaces';
  return new RequestError('CONFLICT', message, { path: 'message.id' });
}
