import { createId } from '@stateroom/core';
import { isToolUIPart, readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import { hasResult } from './transcript.ts';

/** An answer as it comes, cut into the model steps of which it is stored. */
export class SpokenMessage {
  /** Of the message that is being said; another one once a user's message came in between. */
  id: string;
  /** What stands in the message before all that is said. */
  #before: UIMessage['parts'];
  /** What was said since it was last taken. */
  #chunks: UIMessageChunk[] = [];
  #finishedSteps = 0;
  #isOver = false;
  #wake: (() => void) | null = null;

  /** Goes on with a message whose questions were answered: the calls, each with its answer. */
  constructor(answered: UIMessage | null) {
    this.id = answered?.id ?? createId();
    this.#before = answered?.parts ?? [];
  }

  hear(chunk: UIMessageChunk): void {
    if (chunk.type === 'start') return;
    this.#chunks.push(chunk);
    if (chunk.type !== 'finish-step') return;
    this.#finishedSteps += 1;
    this.#wake?.();
  }

  /** Nothing more will come of this call of the model. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  /** For the next call of the model in the same turn. */
  begin(): void {
    this.#isOver = false;
    this.#finishedSteps = 0;
  }

  /** The SDK prepares the next model step while the last words of the one before are still on their way here. */
  async untilFinished(steps: number): Promise<void> {
    while (this.#finishedSteps < steps && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The characters of text that were said since it was last taken. */
  get length(): number {
    return this.#chunks.reduce((sum, chunk) => sum + ('delta' in chunk ? chunk.delta.length : 0), 0);
  }

  /** The message of what was said since, as a client has made it of the same chunks; none where nothing was said. */
  async take(): Promise<UIMessage[]> {
    const [before, chunks] = [this.#before, this.#chunks];
    [this.#before, this.#chunks] = [[], []];
    return messageOf({ id: this.id, role: 'assistant', parts: before }, chunks);
  }
}

/** The type of the data part that stands where all that was said until there is in the transcript. */
export const keptPart = 'data-kept';

/**
 * The part of a turn's answer that is in its stream and not in the transcript, where its process has died. `answered` is
 * the message that the turn went on with, where nothing of that is stored either.
 */
export async function salvageAnswer(
  stream: readonly UIMessageChunk[],
  answered: UIMessage | null,
): Promise<UIMessage[]> {
  const marks = stream.flatMap((chunk, index) => {
    if (chunk.type === 'start' && chunk.messageId !== undefined) return [{ index, id: chunk.messageId }];
    return chunk.type === keptPart && 'data' in chunk && typeof chunk.data === 'string'
      ? [{ index, id: chunk.data }]
      : [];
  });
  const last = marks.at(-1);
  if (last === undefined) return [];
  const parts = marks.length === 1 && answered?.id === last.id ? answered.parts : [];
  return messageOf({ id: last.id, role: 'assistant', parts }, stream.slice(last.index + 1));
}

/** What is new in a message with what is said behind what it has: calls that had no result, and all else; none for nothing. */
async function messageOf(begun: UIMessage, said: readonly UIMessageChunk[]): Promise<UIMessage[]> {
  const done = new Set(begun.parts.flatMap((part) => (isToolUIPart(part) && hasResult(part) ? [part.toolCallId] : [])));
  const chunks: UIMessageChunk[] = [{ type: 'start', messageId: begun.id }, ...merged(said)];
  const stream = new ReadableStream<UIMessageChunk>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  let message: UIMessage | null = null;
  for await (const snapshot of readUIMessageStream({ message: structuredClone(begun), stream })) message = snapshot;
  const parts = (message?.parts ?? []).filter((part) => !isToolUIPart(part) || !done.has(part.toolCallId));
  return message !== null && parts.some(({ type }) => type !== 'step-start') ? [{ ...message, parts }] : [];
}

/**
 * The same with neighbouring pieces of one text in one: each chunk costs the reader a copy of the whole message. What a
 * provider tells beside a piece holds for the whole: a later piece without words may bring the signature of a thought.
 */
function merged(chunks: readonly UIMessageChunk[]): UIMessageChunk[] {
  const result: UIMessageChunk[] = [];
  for (const chunk of chunks) {
    const last = result.at(-1);
    const isDelta = chunk.type === 'text-delta' || chunk.type === 'reasoning-delta';
    const isMore = isDelta && last?.type === chunk.type && last.id === chunk.id;
    const { providerMetadata = isMore ? last.providerMetadata : undefined } = isDelta ? chunk : {};
    const told = providerMetadata !== undefined && { providerMetadata };
    if (isMore) result[result.length - 1] = { ...last, delta: last.delta + chunk.delta, ...told };
    else result.push(chunk);
  }
  return result;
}
