import { StateroomError, type StorageEntry } from '@stateroom/core';
import { z } from 'zod';

/** What is stored of turns, each as JSON under the key that turn-parts.ts names. Times are epoch milliseconds. */

const TurnTool = z.object({ name: z.string(), ok: z.boolean(), durationMs: z.number().optional() });

const TurnUsage = z.object({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  totalTokens: z.int().min(0),
  cachedInputTokens: z.int().min(0).optional(),
  reasoningTokens: z.int().min(0).optional(),
  /** True where a model was cut off before it told: a guess from the text. */
  estimated: z.boolean().optional(),
});
export type TurnUsage = z.infer<typeof TurnUsage>;

/** What whoever ran the turn has to say of it. */
export const TurnReport = z.object({
  activeStepBefore: z.string().nullable().optional(),
  activeStepAfter: z.string().nullable().optional(),
  tools: z.array(TurnTool).optional(),
  usage: TurnUsage.optional(),
});
export type TurnReport = z.infer<typeof TurnReport>;

/** How a turn ends. Of `completed` and `waiting` the holder says so; `crashed` is said by the next to come. */
export const TurnStatus = z.enum([
  'completed',
  'waiting',
  'stopped',
  'interrupted',
  'rolled_back',
  'failed',
  'crashed',
]);
export type TurnStatus = z.infer<typeof TurnStatus>;

/** Of a turn that did not come to its end: its message may be tried again, and those that it took along. */
export function cameToNothing(status: TurnStatus | 'steered'): boolean {
  return status === 'rolled_back' || status === 'crashed' || status === 'failed';
}

/** The turn that runs, or died. */
export const Run = z.object({
  turnId: z.string(),
  /** The turn that waited, with which this one goes on. */
  parentTurnId: z.string().optional(),
  startedAt: z.number(),
  /** The items of its message, until they stand in the list `messages`. */
  input: z.array(z.unknown()),
  /** Whether an earlier attempt has left its message there, where it stays whatever becomes of this one. */
  isInputStored: z.boolean(),
  /** How long `messages` was before it, once anything of it stands there. */
  base: z.int().min(0).nullable(),
  /** The messages that it took along, by their ids. */
  taken: z.array(z.string()),
  report: TurnReport,
});
export type Run = z.infer<typeof Run>;

/** The messages that wait for their turns, in order. */
export const Queue = z.object({ messageIds: z.array(z.string()) });

/** What became of a message: how its last turn ended, or into which turn it was taken. */
export const Mark = z.object({
  incarnation: z.string(),
  turnId: z.string(),
  status: z.union([TurnStatus, z.literal('steered')]),
  /** Whether the message stands in the list `messages`. */
  isInputStored: z.boolean(),
});
export type Mark = z.infer<typeof Mark>;

export const Letter = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['stopped', 'interrupted', 'rolled_back']) }),
  z.object({ type: z.literal('steer'), messageId: z.string(), input: z.array(z.unknown()) }),
  /** To those who wait for the same turn: the holder of this ticket was stopped, and has left. */
  z.object({ type: z.literal('dismissed'), ticket: z.string() }),
]);
export type Letter = z.infer<typeof Letter>;

/** An item of the list `turns`: a turn that is over. */
export const TurnRecord = TurnReport.extend({
  format: z.literal(1),
  turnId: z.string(),
  /** The turn that waited, with which this one went on. */
  parentTurnId: z.string().optional(),
  status: TurnStatus,
  startedAt: z.number(),
  endedAt: z.number(),
  taken: z.array(z.string()),
  /** Its items in the list `messages`, as slice has it. */
  messages: z.object({ from: z.int().min(0), to: z.int().min(0) }),
});
export type TurnRecord = z.infer<typeof TurnRecord>;

export const Checkpoint = z.object({
  incarnation: z.string(),
  turnId: z.string(),
  stateVersion: z.int(),
  state: z.unknown(),
});

/** An item of a stream: what was written since the item before, or the end. */
export const StreamItem = z.union([z.object({ chunks: z.array(z.unknown()) }), z.object({ end: TurnStatus })]);
export type StreamItem = z.infer<typeof StreamItem>;

/** What an entry or item holds; null where there is none. INVALID_STATE, naming it, when it is something else. */
export function parseStored<T>(schema: z.ZodType<T>, stored: StorageEntry | string | null | undefined): T | null {
  if (stored === null || stored === undefined) return null;
  const result = schema.safeParse(parseJson(typeof stored === 'string' ? stored : stored.value));
  if (result.success) return result.data;
  throw new StateroomError('INVALID_STATE', 'what is stored of a turn is not valid; it was left as it is', {
    path: 'turns',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
