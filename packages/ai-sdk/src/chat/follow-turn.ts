import type { Access } from '@stateroom/core';
import {
  type FollowedChunks,
  type FollowedEnd,
  isAnswering,
  messageIdOf,
  openCalls,
  type TurnStatus,
} from '@stateroom/orchestration';
import type { UIMessageChunk } from 'ai';
import type { AgentRoom } from '../agent/agent-room.ts';
import { errorChunk, RequestError } from '../http/error-response.ts';
import { modelErrorChunk } from '../run/model-fault.ts';
import { replayMessage } from './replay.ts';
import { steeredPart, stoppedChunks } from '../run/run-agent.ts';
import { keptPart } from '../transcript/spoken-message.ts';
import { fromTranscript, messagesIn } from '../transcript/transcript.ts';
import { within } from './within.ts';

export type FollowRequest = {
  readonly sessionId: string;
  readonly turnId: string;
  readonly access: Access;
  /** A message that the turn has taken along: what was said before it is left out. */
  readonly steeredMessageId?: string | undefined;
  /** Whether whoever follows has nothing yet of a message that the turn goes on with, and is given that, too. */
  readonly isWhole?: boolean;
  readonly signal: AbortSignal;
};

export const withdrawn = 'the request that waited with this message has gone away; send the message again';

/** A turn that says nothing for so long is one to wait for. */
const firstLookMs = 500;

/**
 * What a turn says from its first word on, wherever it runs or ran; what is gone from its stream is made of the
 * transcript. Null when there is no such turn. Whoever leaves the stream ends nothing but the following.
 */
export async function followTurn(
  room: AgentRoom,
  request: FollowRequest,
): Promise<ReadableStream<UIMessageChunk> | null> {
  const leaving = new AbortController();
  const signal = AbortSignal.any([request.signal, leaving.signal]);
  const chunks = chunksOf(room, { ...request, signal });
  const first = chunks.next();
  const early = await within(firstLookMs, first);
  if (early?.done && early.value === 'unknown') return null;
  let next: typeof first | null = first;
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await (next ?? chunks.next());
        next = null;
        if (done && value === 'unknown') controller.enqueue(errorChunk(new RequestError('CONFLICT', withdrawn)));
        if (done) return controller.close();
        for (const chunk of value) controller.enqueue(chunk);
      } catch (error) {
        controller.enqueue(errorChunk(error));
        controller.close();
      }
    },
    cancel: () => leaving.abort(),
  });
}

type Chunks<End> = AsyncGenerator<readonly UIMessageChunk[], End, undefined>;

async function* chunksOf(room: AgentRoom, request: FollowRequest): Chunks<FollowedEnd['status']> {
  const end = yield* said(room, request);
  if (end.status === 'steered') {
    const steeredMessageId = messageIdOf(request.turnId);
    return yield* chunksOf(room, { ...request, turnId: end.turnId, steeredMessageId });
  }
  if (end.isLogGone) yield await fromTheTranscript(room, request);
  if (end.status === 'crashed') yield [errorChunk(new RequestError('CRASHED', crashed))];
  return end.status;
}

const crashed = 'the server broke off in the middle of the answer; send the message again';

async function* said({ turns }: Pick<AgentRoom, 'turns'>, request: FollowRequest): Chunks<FollowedEnd> {
  const { sessionId, turnId, access, steeredMessageId, signal, isWhole = false } = request;
  let before = isWhole && isAnswering(turnId) ? await saidBefore({ turns }, request) : null;
  const following = turns.follow(sessionId, { ...access, turnId, signal });
  let hasBegun = steeredMessageId === undefined;
  for (;;) {
    const next: IteratorResult<FollowedChunks, FollowedEnd> = await following.next();
    if (next.done) return next.value;
    // Whoever wrote them was our own code, which writes nothing else.
    const chunks = next.value.chunks as readonly UIMessageChunk[];
    const [first] = chunks;
    if (before !== null && first?.type === 'start') {
      yield [first, ...(first.messageId === before.messageId ? before.chunks : [])];
      yield chunks.slice(1).filter(({ type }) => type !== keptPart);
      before = null;
      continue;
    }
    if (hasBegun) yield chunks.filter(({ type }) => type !== keptPart);
    const place = hasBegun ? -1 : chunks.findIndex((chunk) => isMarkOf(steeredMessageId, chunk));
    if (place < 0) continue;
    hasBegun = true;
    yield [{ type: 'start' }, ...chunks.slice(place + 1).filter(({ type }) => type !== keptPart)];
  }
}

function isMarkOf(messageId: string | undefined, chunk: UIMessageChunk): boolean {
  if (chunk.type !== steeredPart || !('data' in chunk)) return false;
  const { data } = chunk;
  return typeof data === 'object' && data !== null && 'messageId' in data && data.messageId === messageId;
}

const endOf: { readonly [Status in TurnStatus]?: readonly UIMessageChunk[] } = {
  failed: [modelErrorChunk(null)],
  stopped: stoppedChunks,
  interrupted: stoppedChunks,
  rolled_back: stoppedChunks,
};

/** What stands in the message that a turn goes on with, before all that this turn says. */
async function saidBefore(
  { turns }: Pick<AgentRoom, 'turns'>,
  { sessionId, turnId, access }: FollowRequest,
): Promise<{ readonly messageId: string; readonly chunks: readonly UIMessageChunk[] } | null> {
  const { messages, running, turns: ended } = await turns.history(sessionId, access);
  const record = ended.find((turn) => turn.turnId === turnId);
  const from = record?.messages.from ?? running?.base ?? messages.items.length;
  const last = (await fromTranscript(messages.items.slice(0, from), () => true)).at(-1);
  return last?.role === 'assistant' ? { messageId: last.id, chunks: replayMessage(last).slice(1) } : null;
}

async function fromTheTranscript(
  { turns }: AgentRoom,
  { sessionId, turnId, access, steeredMessageId, isWhole }: FollowRequest,
): Promise<readonly UIMessageChunk[]> {
  const { state, messages, turns: ended } = await turns.history(sessionId, access);
  const record = ended.find((turn) => turn.turnId === turnId);
  if (record === undefined) return [];
  const { from, to } = record.messages;
  const start = isWhole === true && isAnswering(turnId) ? 0 : from;
  const items = messages.items.slice(start, to);
  const own = messagesIn(items.slice(from - start));
  const first = own.findIndex(({ id }) => id === steeredMessageId) + 1;
  const answerId = own.slice(first).find(({ role }) => role === 'assistant')?.id;
  const open = openCalls(state, Date.now()).map(({ toolCallId }) => toolCallId);
  const told = await fromTranscript(items, (id) => open.includes(id));
  const last = endOf[record.status] ?? [{ type: 'finish' } as const];
  return [...told.filter(({ id }) => id === answerId).flatMap(replayMessage), ...last];
}
