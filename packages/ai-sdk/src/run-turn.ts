import { createId, type Logger, unwrap } from '@stateroom/core';
import { toClientView } from '@stateroom/orchestration';
import {
  convertToModelMessages,
  InvalidToolInputError,
  isStepCount,
  NoSuchToolError,
  streamText,
  toUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from 'ai';
import type { Agent } from './agent.ts';
import type { AgentSessions, Conversation } from './conversation.ts';
import { errorBody, nameOf } from './error-response.ts';
import { guardTools, ToolRefusal } from './guard-tools.ts';
import { toTranscript } from './transcript.ts';
import { TurnProgress } from './turn-progress.ts';

/** The type of the last data part of every answer: the client view of the session after the turn. */
export const statePart = 'data-orchestration';

export type TurnInput = {
  readonly agent: Agent;
  readonly sessions: AgentSessions;
  readonly owner: string;
  readonly conversation: Conversation;
  readonly message: UIMessage;
  readonly logger: Logger;
};

/** `done` settles when the turn is stored or has failed, whether or not anybody reads the stream. It never rejects. */
export type RunningTurn = { readonly stream: ReadableStream<UIMessageChunk>; readonly done: Promise<void> };

/**
 * Runs one turn: the model and its tools by the rules of the agent's workflow, and at the end one commit of the
 * messages and of all that changed in the state. A reader who leaves does not stop it.
 */
export function runTurn(input: TurnInput): RunningTurn {
  const { stream, send, close } = outlet();
  const done = answer(input, send)
    .catch((error: unknown) => {
      input.logger.error({ error: nameOf(error), cause: nameOf(causeOf(error)) }, 'a turn could not be stored');
      send(errorChunk(error));
    })
    .finally(close);
  return { stream, done };
}

async function answer(input: TurnInput, send: (chunk: UIMessageChunk) => void): Promise<void> {
  const { agent, conversation, message } = input;
  const progress = new TurnProgress(agent, conversation.state);
  const history = [...conversation.messages.filter(({ id }) => id !== message.id), message];
  let said: UIMessage | null = null;
  const chunks = toUIMessageStream({
    stream: await modelStream(input, progress, history),
    originalMessages: history,
    generateMessageId: createId,
    onError: toolErrorText,
    onEnd: ({ responseMessage }) => {
      said = responseMessage;
    },
  });
  // The end waits for the commit: whoever has seen it may rely on what was said being stored.
  let end: UIMessageChunk | null = null;
  let failure: UIMessageChunk | null = null;
  for await (const chunk of chunks) {
    if (chunk.type === 'finish') end = chunk;
    else if (chunk.type === 'error') failure = errorChunk(null);
    else send(chunk);
  }
  if (failure === null) progress.recordEnd();
  send({ type: statePart, data: await store(input, progress, said), transient: true });
  const last = failure ?? end;
  if (last !== null) send(last);
}

async function modelStream({ agent, logger }: TurnInput, progress: TurnProgress, history: readonly UIMessage[]) {
  const result = streamText({
    model: agent.model,
    messages: await convertToModelMessages([...history], { tools: agent.tools }),
    tools: guardTools(agent.tools, progress),
    stopWhen: isStepCount(agent.maxModelSteps),
    prepareStep: () => progress.beginModelStep(),
    onStepEnd: ({ usage }) => progress.recordUsage(usage),
    onError: ({ error }) => logger.error({ error: nameOf(error) }, 'a model call failed'),
  });
  return result.stream;
}

async function store(
  { sessions, agent, owner, conversation, message }: TurnInput,
  progress: TurnProgress,
  said: UIMessage | null,
) {
  const isAsked = conversation.messages.at(-1)?.id === message.id;
  const hasAnswer = said !== null && said.parts.some(({ type }) => type !== 'step-start');
  const messages = toTranscript([...(isAsked ? [] : [message]), ...(hasAnswer ? [said] : [])]);
  const options = { owner, agentId: agent.id, append: { messages } };
  const stored = await sessions.updateSession(conversation.sessionId, (state) => progress.applyTo(state), options);
  return toClientView(unwrap(stored).data);
}

/** A stream that is written to whether or not it is still read. */
function outlet() {
  let controller: ReadableStreamDefaultController<UIMessageChunk> | null = null;
  const stream = new ReadableStream<UIMessageChunk>({
    start: (own) => {
      controller = own;
    },
    cancel: () => {
      controller = null;
    },
  });
  return {
    stream,
    send: (chunk: UIMessageChunk) => controller?.enqueue(chunk),
    close: () => controller?.close(),
  };
}

function errorChunk(error: unknown): UIMessageChunk {
  return { type: 'error', errorText: JSON.stringify(errorBody(error)) };
}

/** What a tool throws may be of the server's own affairs, so only what is meant to be read is shown and stored. */
function toolErrorText(error: unknown): string {
  const isMeantToBeRead =
    error instanceof ToolRefusal || NoSuchToolError.isInstance(error) || InvalidToolInputError.isInstance(error);
  return isMeantToBeRead ? error.message : 'The tool failed.';
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
