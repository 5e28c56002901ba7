import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { type ScriptedReply, type ScriptedSituation, situationOf, walkTheTools } from './scripted-reply.ts';

export type ScriptedModelOptions = {
  /** The pause before each word, none by default. */
  readonly delayMs?: number;
  /** What it says to what it is asked. By default it walks through the tools that it is offered. */
  readonly reply?: (situation: ScriptedSituation) => ScriptedReply;
};

/**
 * A language model without a network: predictable, streaming word by word, really calling tools. For an app that
 * has no key yet, and for tests. Its tokens are words.
 */
export function scriptedModel({ delayMs = 0, reply = walkTheTools }: ScriptedModelOptions = {}): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'stateroom',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: async (options) => {
      const parts = partsOf(reply(situationOf(options)), options);
      const text = parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
      const calls = parts.filter((part) => part.type === 'tool-call');
      const content = [...(text === '' ? [] : [{ type: 'text', text } as const]), ...calls];
      return { content, finishReason: finishReason(calls.length > 0), usage: usageOf(options, text), warnings: [] };
    },
    doStream: async (options) => ({ stream: paced(partsOf(reply(situationOf(options)), options), delayMs, options) }),
  };
}

function partsOf(
  { text = '', toolCalls = [] }: ScriptedReply,
  options: LanguageModelV4CallOptions,
): LanguageModelV4StreamPart[] {
  const id = 'text';
  const words: LanguageModelV4StreamPart[] = (text.match(/\s*\S+\s*/g) ?? []).map((delta) => ({
    type: 'text-delta',
    id,
    delta,
  }));
  return [
    { type: 'stream-start', warnings: [] },
    ...(words.length === 0 ? [] : ([{ type: 'text-start', id }, ...words, { type: 'text-end', id }] as const)),
    // The ids are like no others, as a provider's are: two turns at once may be of one conversation.
    ...toolCalls.flatMap(({ name, input }) => toolCallParts(crypto.randomUUID(), name, JSON.stringify(input))),
    { type: 'finish', finishReason: finishReason(toolCalls.length > 0), usage: usageOf(options, text) },
  ];
}

function toolCallParts(id: string, toolName: string, input: string): LanguageModelV4StreamPart[] {
  return [
    { type: 'tool-input-start', id, toolName },
    { type: 'tool-input-delta', id, delta: input },
    { type: 'tool-input-end', id },
    { type: 'tool-call', toolCallId: id, toolName, input },
  ];
}

function finishReason(callsTools: boolean): LanguageModelV4FinishReason {
  const unified = callsTools ? 'tool-calls' : 'stop';
  return { unified, raw: unified };
}

function usageOf({ prompt }: LanguageModelV4CallOptions, text: string): LanguageModelV4Usage {
  const read = countWords(JSON.stringify(prompt));
  const written = Math.max(1, countWords(text));
  return {
    inputTokens: { total: read, noCache: read, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: written, text: written, reasoning: 0 },
  };
}

function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
}

function paced(
  parts: readonly LanguageModelV4StreamPart[],
  delayMs: number,
  { abortSignal }: LanguageModelV4CallOptions,
): ReadableStream<LanguageModelV4StreamPart> {
  const remaining = parts[Symbol.iterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = remaining.next();
      if (next.done) return controller.close();
      if (delayMs > 0 && next.value.type === 'text-delta') await pause(delayMs);
      if (abortSignal?.aborted) return controller.error(abortSignal.reason);
      controller.enqueue(next.value);
    },
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
