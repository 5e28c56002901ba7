import { unwrap } from '@stateroom/core';
import {
  type Begun,
  messageIdOf,
  type NotBegun,
  type OrchestrationState,
  type Turn,
  type TurnRecord,
} from '@stateroom/orchestration';
import { isToolUIPart, type UIMessage } from 'ai';
import type { AgentRoom } from './agent-room.ts';
import type { ChatRequest } from './chat-request.ts';
import { isAbsent, RequestError, unknownSession } from './error-response.ts';
import { fromFirstQuestion, fromTranscript, messagesIn, toGoOnFrom, toTranscript } from './transcript.ts';

export type Caller = { readonly owner: string; readonly agentId: string; readonly signal: AbortSignal };

/** A turn that begins here, with what its model is to go on from; or what came of the message instead. */
export type ChatTurn =
  | { readonly status: 'started'; readonly turn: Turn<OrchestrationState>; readonly messages: readonly UIMessage[] }
  | NotBegun;

type Asked = { readonly messageId: string; readonly input: readonly unknown[]; readonly attempt?: number };

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
  const options = { ...access, ...asked, signal, ...(history && { lastMessages: history.lastMessages }) };
  const begun = await room.turns.begin(sessionId, options);
  if (begun.status !== 'started') {
    if (wish.type === 'message') await refuseOtherWords(room, { begun, message: wish.message, sessionId }, access);
    return begun;
  }
  const { turn } = begun;
  const messages = await fromTranscript([...turn.history.items, ...turn.input]);
  const isCut = history !== null && turn.history.length > turn.history.items.length;
  const whole = isCut ? fromFirstQuestion(messages) : messages;
  const isRetry = turn.input.length === 0;
  const known = (isRetry ? messages : messages.slice(0, -1)).find(({ id }) => id === asked.messageId);
  if (known !== undefined && !(isRetry && hasWords(known, wish.message))) {
    turn.request('rolled_back');
    await turn.end();
    throw takenId();
  }
  return { status: 'started', turn, messages: isRetry ? toGoOnFrom(whole) : whole };
}

/** The message to be answered; what is to be answered anew is taken back first, with all that came after it. */
async function askedFor(
  room: AgentRoom,
  { sessionId, wish }: ChatRequest & { readonly sessionId: string },
  access: Omit<Caller, 'signal'>,
): Promise<Asked> {
  if (wish.type === 'message') return { messageId: wish.message.id, input: toTranscript([wish.message]) };
  const target = wish.type === 'edit' ? wish.replaces : wish.messageId;
  const found = await findAnswered(room, { sessionId, target }, access);
  // While it is being answered, or its server has died at it, to ask for it anew is to ask for it again.
  if (found === null || found === 'running') {
    if (wish.message === null)
      throw new RequestError('INVALID', 'there is no such message in the session', { path: 'regenerate' });
    return { messageId: wish.message.id, input: toTranscript([wish.message]) };
  }
  const isSameWish = wish.type === 'regenerate' || found.isOf(wish.message);
  // What broke off after its tools have worked is gone on with, for the model is to know of them.
  if (isSameWish && found.canGoOn) return { messageId: found.messageId, input: found.input };
  await room.turns.rewind(sessionId, { ...access, turnId: found.turnBefore });
  if (wish.type === 'regenerate') return found;
  const isSame = wish.message.id === found.messageId;
  return {
    messageId: wish.message.id,
    input: toTranscript([wish.message]),
    ...(isSame && { attempt: found.attempt }),
  };
}

type Answered = Required<Asked> & {
  readonly turnBefore: string | null;
  readonly canGoOn: boolean;
  readonly isOf: (message: UIMessage) => boolean;
};

/** The message that is named, or whose answer is; null where no turn of the session was about it. */
async function findAnswered(
  { turns }: AgentRoom,
  { sessionId, target }: { readonly sessionId: string; readonly target: string | null },
  access: Omit<Caller, 'signal'>,
): Promise<Answered | 'running' | null> {
  const past = await turns.list(sessionId, access);
  const found = await turns.open(sessionId, access);
  if (found?.running && messageIdOf(found.running.turnId) === target) return 'running';
  const items = found?.messages.items ?? [];
  const place = messagesIn(items).findLastIndex(({ id }) => target === null || id === target);
  const last = past.findLast(({ turnId, messages: { from, to } }) =>
    place < 0 ? messageIdOf(turnId) === target : from <= place && place < to,
  );
  if (last === undefined) return null;
  const messageId = messageIdOf(last.turnId);
  // Several attempts to answer one message stand one after the other.
  const first = past.findIndex(({ turnId }) => messageIdOf(turnId) === messageId);
  const attempts = past.filter(({ turnId }) => messageIdOf(turnId) === messageId).length;
  const from = past[first]?.messages.from ?? 0;
  const input = items.slice(from).filter((item) => messagesIn([item])[0]?.id === messageId);
  if (input.length === 0) return null;
  return {
    messageId,
    input,
    attempt: attempts + 1,
    turnBefore: past[first - 1]?.turnId ?? null,
    canGoOn: isBrokenOff(last) && last === past.at(-1) && hasToolCalls(items.slice(from)),
    isOf: (message) => message.id === messageId && hasWords(messagesIn(input)[0] ?? {}, message),
  };
}

function isBrokenOff({ status }: TurnRecord): boolean {
  return status === 'crashed' || status === 'failed';
}

function hasToolCalls(items: readonly unknown[]): boolean {
  return messagesIn(items).some(({ parts = [] }) => parts.some((part) => isToolUIPart(part)));
}

/** An id is that of one message: it is free for the same words alone. */
async function refuseOtherWords(
  { turns }: AgentRoom,
  { begun, message, sessionId }: { begun: Begun<unknown>; message: UIMessage; sessionId: string },
  access: Omit<Caller, 'signal'>,
): Promise<void> {
  if (begun.status !== 'running' && begun.status !== 'finished') return;
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
