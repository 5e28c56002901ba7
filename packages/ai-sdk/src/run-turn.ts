import { createId, type Logger, unwrap } from '@stateroom/core';
import { toClientView } from '@stateroom/orchestration';
import {
  convertToModelMessages,
  InvalidToolInputError,
  isStepCount,
  NoSuchToolError,
  readUIMessageStream,
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
  const progress = new TurnProgress(input.agent, input.conversation.state);
  const { said, end, hasFailed } = await speak(input, progress, send);
  if (!hasFailed) progress.recordEnd();
  send({ type: statePart, data: await store(input, progress, said), transient: true });
  if (end !== null) send(end);
}

/** What came of the model's part in a turn. `end` is the chunk that ends the stream, held back until all is stored. */
type Speech = { readonly said: UIMessage | null; readonly end: UIMessageChunk | null; readonly hasFailed: boolean };

async function speak(input: TurnInput, progress: TurnProgress, send: (chunk: UIMessageChunk) => void): Promise<Speech> {
  const { conversation, message, logger } = input;
  const history = [...conversation.messages.filter(({ id }) => id !== message.id), message];
  const sent: UIMessageChunk[] = [];
  let end: UIMessageChunk | null = null;
  let hasFailed = false;
  try {
    const stream = await modelStream(input, progress, history);
    const options = { originalMessages: history, generateMessageId: createId, onError: toolErrorText };
    for await (const chunk of toUIMessageStream({ stream, ...options })) {
      if (chunk.type === 'error') hasFailed = true;
      else if (chunk.type === 'finish') end = chunk;
      else {
        sent.push(chunk);
        send(chunk);
      }
    }
  } catch (error) {
    // A connection to the model that breaks ends the stream itself; what was said until then still counts.
    logger.error({ error: nameOf(error) }, 'a model call failed');
    hasFailed = true;
  }
  return { said: await assemble(sent), end: hasFailed ? errorChunk(null) : end, hasFailed };
}

/** The message that a client has made of these chunks. */
async function assemble(chunks: readonly UIMessageChunk[]): Promise<UIMessage | null> {
  const stream = new ReadableStream<UIMessageChunk>({
    start: (controller) => {
      for (const chunk of merged(chunks)) controller.enqueue(chunk);
      controller.close();
    },
  });
  let message: UIMessage | null = null;
  for await (const snapshot of readUIMessageStream({ stream })) message = snapshot;
  return message;
}

/** The same with neighbouring pieces of one text in one: each chunk costs the reader a copy of the whole message. */
function merged(chunks: readonly UIMessageChunk[]): UIMessageChunk[] {
  const result: UIMessageChunk[] = [];
  for (const chunk of chunks) {
    const last = result.at(-1);
    const isDelta = chunk.type === 'text-delta' || chunk.type === 'reasoning-delta';
    const isMore = isDelta && last?.type === chunk.type && last.id === chunk.id;
    if (isMore) result[result.length - 1] = { ...last, delta: last.delta + chunk.delta };
    else result.push(chunk);
  }
  return result;
}

async function modelStream({ agent, logger }: TurnInput, progress: TurnProgress, history: readonly UIMessage[]) {
  const result = streamText({
    model: agent.model,
    messages: await convertToModelMessages([...history], { tools: agent.tools }),
    tools: guardTools(agent.tools, progress, logger),
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

/** The guard lets no other errors of tools through than those that are meant to be read. */
function toolErrorText(error: unknown): string {
  const isMeantToBeRead =
    error instanceof ToolRefusal || NoSuchToolError.isInstance(error) || InvalidToolInputError.isInstance(error);
  return isMeantToBeRead ? error.message : 'The tool failed.';
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
