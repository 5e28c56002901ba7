import { isStateroomError, unwrap } from '@stateroom/core';
import {
  type Admission,
  answersTo,
  attemptOf,
  type BeginOptions,
  type Begun,
  messageIdOf,
  type NotBegun,
  type OrchestrationState,
  type Turn,
  type TurnHistory,
  type TurnRecord,
} from '@stateroom/orchestration';
import { isToolUIPart, type UIMessage } from 'ai';
import type { AgentRoom } from '../agent/agent-room.ts';
import { type Answered, answeredBy, findQuestion, goingOn } from './answering.ts';
import { askedFor, hasWords, itemsOf } from './asked-for.ts';
import type { ChatRequest } from './chat-request.ts';
import { titleOf } from '../sessions/session-view.ts';
import type { ToolAnswer } from '../transcript/tool-answer.ts';
import { isAbsent, RequestError, unknownSession } from '../http/error-response.ts';
import {
  closeMessage,
  fromTranscript,
  type IsOpen,
  messagesIn,
  toGoOnFrom,
  windowOf,
} from '../transcript/transcript.ts';

export type Caller = { readonly owner: string; readonly agentId: string; readonly signal: AbortSignal };

/** A caller, and whether they may begin a turn: null where nothing bounds that. */
type Guest = Caller & { readonly admission: Admission | null };

/**
 * A turn that begins here, with what its model is to go on from, and the answers that it goes on with, if it does; or
 * what came of the message instead.
 */
export type ChatTurn =
  | {
      readonly status: 'started';
      readonly turn: Turn<OrchestrationState>;
      readonly messages: readonly UIMessage[];
      readonly answered: UIMessage | null;
    }
  | NotBegun;

/** Begins the turn that a request asks for, in its session; which is made where that was asked for. */
export async function beginChatTurn(
  room: AgentRoom,
  request: ChatRequest & { readonly sessionId: string; readonly isNew: boolean },
  caller: Caller,
): Promise<ChatTurn> {
  const { sessionId, mayCreate, isNew } = request;
  const { owner, agentId } = caller;
  const { message } = request.wish;
  const named = message !== null && { metadata: { title: titleOf(message) } };
  // Its id is of this moment, or was just not found.
  const made = { owner, agentId, sessionId, ifExists: 'return', looksFirst: false, ...named } as const;
  const create = async () => unwrap(await room.sessions.createSession(made));
  if (isNew && request.wish.type === 'answers')
    throw new RequestError('INVALID', 'say which session it is', { path: 'id' });
  // What they have spent is on its way while the turn is looked for and begun.
  const guest = { ...caller, admission: room.budget?.admission(owner) ?? null };
  if (isNew) await guest.admission?.ofOwner();
  if (isNew) await create();
  try {
    return await begin(room, request, guest);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    if (!mayCreate) throw new RequestError('NOT_FOUND', unknownSession);
    await guest.admission?.ofOwner();
    await create();
    return begin(room, request, guest);
  }
}

async function begin(
  room: AgentRoom,
  request: ChatRequest & { readonly sessionId: string },
  guest: Guest,
): Promise<ChatTurn> {
  const { sessionId, wish } = request;
  const { signal, admission, ...access } = guest;
  if (wish.type === 'answers') return goOn(room, { sessionId, answers: wish.answers }, guest);
  const asked = await askedFor(room, { sessionId, wish }, access);
  const options = { ...access, ...asked, signal, ...leaveOf(admission), ...historyOf(room) };
  const begun = await room.turns.begin(sessionId, options).catch((error: unknown) => {
    throw asked.replacing !== undefined && isOfNoTurn(error) ? overtaken() : error;
  });
  if (begun.status !== 'started') {
    if (wish.type === 'message') await refuseOtherWords(room, { begun, message: wish.message, sessionId }, access);
    return begun;
  }
  const { turn } = begun;
  return orAbandoned(turn, async () => {
    const messages = await shown(room, turn, { access });
    const isRetry = turn.input.length === 0;
    const known = (isRetry ? messages : messages.slice(0, -1)).find(({ id }) => id === asked.messageId);
    if (known === undefined || (isRetry && hasWords(known, wish.message)))
      return { status: 'started', turn, messages: isRetry ? toGoOnFrom(messages) : messages, answered: null };
    turn.request('rolled_back');
    await turn.end();
    throw takenId();
  });
}

/** Begins the turn that goes on with answers to what the last one waits for. */
async function goOn(
  room: AgentRoom,
  { sessionId, answers }: { readonly sessionId: string; readonly answers: readonly ToolAnswer[] },
  { signal, admission, ...access }: Guest,
): Promise<ChatTurn> {
  const { turns, agent } = room;
  const history = await turns.history(sessionId, access);
  const question = await findQuestion(history.turns, history.messages.items, answers);
  const answered = await answeredBy(question, answers, agent.tools);
  refuseOtherAnswers(answered, history);
  const options = await goingOn(answered, answered.given, agent.workflow);
  const begun = await turns.begin(sessionId, {
    ...access,
    ...options,
    signal,
    ...leaveOf(admission),
    ...historyOf(room),
  });
  if (begun.status !== 'started') {
    const since = await turns.history(sessionId, access);
    refuseOtherAnswers(answered, since);
    if (begun.status === 'finished' && since.turns.at(-1)?.turnId !== begun.turnId) throw answeredAlready();
    return begun;
  }
  const { turn } = begun;
  return orAbandoned(turn, async () => {
    const { message } = answered;
    // An attempt before this one came to nothing, and what it has begun may have happened: the model is told so.
    if (attemptOf(turn.id) > 1) {
      const messages = toGoOnFrom(await shown(room, turn, { access }));
      return { status: 'started', turn, messages, answered: closeMessage(message) };
    }
    const isOpen: IsOpen = (id) => answered.given.some(({ toolCallId }) => toolCallId === id);
    return { status: 'started', turn, messages: await shown(room, turn, { access, isOpen }), answered: message };
  });
}

function leaveOf(admission: Admission | null): Pick<BeginOptions<OrchestrationState>, 'admit'> {
  return admission === null ? {} : { admit: (state) => admission.ofTurn(state) };
}

/** Nobody else would end a turn for which something failed here. */
async function orAbandoned<R>(turn: Turn<OrchestrationState>, task: () => Promise<R>): Promise<R> {
  try {
    return await task();
  } catch (error) {
    turn.abandon();
    throw error;
  }
}

/** A message is several items where it came step by step. */
function historyOf({ agent: { history } }: AgentRoom): { readonly lastMessages?: number } {
  return history === null ? {} : { lastMessages: history.lastMessages * itemsAMessage };
}

const itemsAMessage = 4;

/** What the model is shown: the transcript, or the end of it, with the turn's own message. */
async function shown(
  { agent, turns }: AgentRoom,
  turn: Turn<OrchestrationState>,
  { access, isOpen }: { readonly access: Omit<Caller, 'signal'>; readonly isOpen?: IsOpen },
): Promise<UIMessage[]> {
  const { items, length } = turn.history;
  const messages = await fromTranscript([...items, ...turn.input], isOpen);
  if (agent.history === null) return messages;
  const { lastMessages } = agent.history;
  if (items.length === length || messages.length > lastMessages + 1) return windowOf(messages, lastMessages);
  const all = (await turns.open(turn.sessionId, access))?.messages.items ?? items;
  return windowOf(await fromTranscript([...all, ...turn.input], isOpen), lastMessages);
}

/** An id is that of one message: it is free for the same words alone. */
async function refuseOtherWords(
  { turns }: AgentRoom,
  { begun, message, sessionId }: { begun: Begun<unknown>; message: UIMessage; sessionId: string },
  access: Omit<Caller, 'signal'>,
): Promise<void> {
  if (begun.status !== 'running' && begun.status !== 'finished' && begun.status !== 'steered') return;
  const found = await turns.open(sessionId, access);
  const known = messagesIn(itemsOf(found)).find(({ id }) => id === message.id);
  if (known !== undefined && !hasWords(known, message)) throw takenId();
}

/** What was answered once is not answered again otherwise. */
function refuseOtherAnswers(
  { question, message }: Answered,
  { turns, messages, running }: TurnHistory<OrchestrationState>,
): void {
  const isOfIt = ({ turnId }: Pick<TurnRecord, 'turnId'>) => messageIdOf(turnId) === answersTo(question.turnId);
  const items = turns.filter(isOfIt).flatMap(({ messages: { from, to } }) => messages.items.slice(from, to));
  const said = messagesIn([...items, ...(running !== null && isOfIt(running) ? running.input : [])]);
  const answers = said.flatMap(({ parts = [] }) => parts.filter((part) => isToolUIPart(part))).filter(isAnswer);
  const isOther = message.parts.some((part) => {
    const same = answers.filter((answer) => isToolUIPart(part) && answer.toolCallId === part.toolCallId);
    return same.length > 0 && !same.some((answer) => JSON.stringify(answer) === JSON.stringify(part));
  });
  if (isOther) throw answeredAlready();
}

function isAnswer({ state }: { readonly state: string }): boolean {
  return state !== 'approval-requested' && state !== 'input-available';
}

function answeredAlready(): RequestError {
  return new RequestError('NOT_PENDING', 'this was answered already; nothing has run');
}

/** The turn was there when the request was read: while it waited others have taken it back. */
function isOfNoTurn(error: unknown): boolean {
  return isStateroomError(error) && error.code === 'INVALID' && error.path === 'turnId';
}

function overtaken(): RequestError {
  return new RequestError('CONFLICT', 'what this takes the place of is gone meanwhile; load the session anew');
}

function takenId(): RequestError {
  const message = 'this id is that of an earlier message; send a new one, or say what it replaces';
  return new RequestError('CONFLICT', message, { path: 'message.id' });
}
