import { StateroomError } from '@stateroom/core';
import {
  attemptOf,
  type BeginOptions,
  messageIdOf,
  type OrchestrationState,
  type TurnView,
} from '@stateroom/orchestration';
import type { UIMessage } from 'ai';
import type { AgentRoom } from '../agent/agent-room.ts';
import { type AnsweredMessage, findAnswered, originOf } from '../transcript/answered-message.ts';
import type { Caller } from './begin-turn.ts';
import type { ChatWish } from './chat-request.ts';
import { RequestError } from '../http/error-response.ts';
import { messagesIn, toTranscript } from '../transcript/transcript.ts';

/** What a user wants who says something, or wants to hear something else. */
export type MessageWish = Exclude<ChatWish, { readonly type: 'answers' }>;

/** How a turn is to begin. */
export type Asked = Pick<BeginOptions<OrchestrationState>, 'messageId' | 'input'> &
  Partial<Pick<BeginOptions<OrchestrationState>, 'replacing' | 'answering' | 'overlap'>>;

/** The message to be answered, and what it takes the place of. */
export async function askedFor(
  { turns }: AgentRoom,
  { sessionId, wish }: { readonly sessionId: string; readonly wish: MessageWish },
  access: Omit<Caller, 'signal'>,
): Promise<Asked> {
  if (wish.type === 'message') return plain(wish.message);
  const target = wish.type === 'edit' ? wish.replaces : wish.messageId;
  const found = await turns.history(sessionId, access);
  const { turns: past, running } = found;
  const origin = running && messageIdOf(originOf(past, running).turnId);
  if (running !== null && (target === null || origin === target)) {
    const { turnId, input, parentTurnId } = running;
    const known = messagesIn(itemsOf(found)).find(({ id }) => id === origin);
    // To ask for what is being answered anew is to ask for it again, unless it is to have other words.
    if (wish.type === 'regenerate' || (wish.message.id === target && hasWords(known ?? {}, wish.message)))
      return { messageId: messageIdOf(turnId), input, ...goingOnWith(parentTurnId) };
    const replacing = { after: past.at(-1)?.turnId ?? null, attempt: attemptOf(turnId) + 1 };
    if (parentTurnId === undefined) return { ...(await plain(wish.message)), replacing };
  }
  const answered = findAnswered(past, found, target);
  if (answered !== null) return inPlaceOf(answered, wish);
  if (wish.message !== null) return plain(wish.message);
  throw new RequestError('INVALID', 'there is no such message in the session', { path: 'regenerate' });
}

async function inPlaceOf(
  { messageId, input, turnBefore, attempt, brokenOff }: AnsweredMessage,
  wish: Exclude<MessageWish, { readonly type: 'message' }>,
): Promise<Asked> {
  const isSame = wish.message === null || wish.message.id === messageId;
  const hasSameWords = wish.type === 'regenerate' || (isSame && hasWords(messagesIn(input)[0] ?? {}, wish.message));
  // What broke off after its tools have worked is gone on with, for the model is to know of them.
  if (hasSameWords && brokenOff !== null) {
    const { turnId, parentTurnId } = brokenOff;
    return {
      messageId: messageIdOf(turnId),
      input: parentTurnId === undefined ? input : [],
      ...goingOnWith(parentTurnId),
    };
  }
  if (wish.type === 'regenerate') return { messageId, input, replacing: { after: turnBefore, attempt } };
  const replacing = { after: turnBefore, ...(isSame && { attempt }) };
  return { ...(await plain(wish.message)), replacing };
}

/** For one more attempt of answers: those before have taken the question. */
function goingOnWith(parentTurnId: string | undefined): Pick<Asked, 'answering'> {
  if (parentTurnId === undefined) return {};
  const change = () => {
    throw new StateroomError('NOT_PENDING', 'this was answered already; nothing has run');
  };
  return { answering: { turnId: parentTurnId, change } };
}

async function plain(message: UIMessage): Promise<Asked> {
  return { messageId: message.id, input: await toTranscript([message]) };
}

/** The transcript, with the message of the turn that runs. */
export function itemsOf(found: TurnView<OrchestrationState> | null): readonly unknown[] {
  return [...(found?.messages.items ?? []), ...(found?.running?.input ?? [])];
}

/** Whether a message says the same as another; null says nothing of its own. */
export function hasWords({ parts }: Partial<UIMessage>, message: UIMessage | null): boolean {
  return message === null || JSON.stringify(parts) === JSON.stringify(message.parts);
}
