import { z } from 'zod';
import { Effect, EffectView, toEffectView } from './effects.ts';
import { PendingCall } from './pending.ts';
import { type SessionData, viewOfData } from './session-data.ts';

/** One tool call that was carried out. Times are milliseconds. */
export const ToolCall = z.object({
  tool: z.string().min(1),
  /** Whether the tool came to its end without an error. */
  ok: z.boolean(),
  durationMs: z.number().min(0).optional(),
});
export type ToolCall = z.infer<typeof ToolCall>;

/** What models have used. States from before cached and reasoning tokens were told apart have none of either. */
export const TokenUsage = z.object({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  totalTokens: z.int().min(0),
  /** Of the input tokens, those that the provider had kept from before. */
  cachedInputTokens: z.int().min(0).default(0),
  /** Of the output tokens, those that the model has thought with. */
  reasoningTokens: z.int().min(0).default(0),
});
export type TokenUsage = z.infer<typeof TokenUsage>;

/** What brought a session into its active step: an event that made its conditions true, or a choice. */
export const StepCause = z.object({
  event: z.enum(['tool_called', 'tokens_used', 'turn_ended', 'changed', 'model', 'application']),
  /** The tool that was called. */
  tool: z.string().optional(),
});
export type StepCause = z.infer<typeof StepCause>;

/** Where an agent is in a session. */
export const OrchestrationState = z.object({
  sessionId: z.string(),
  /** The name of a step, null where there is no workflow. */
  activeStep: z.string().nullable(),
  /** Null for the step that the session began in, and where it is not known. */
  stepCause: StepCause.nullable().default(null),
  /** Newest first, each tool once, the last 10. */
  recentlyUsedTools: z.array(z.string()),
  /** Oldest first, the last 100 calls. */
  toolLog: z.array(ToolCall),
  /** How often each tool has succeeded in this session. */
  toolCounts: z.record(z.string(), z.int().min(0)),
  /** How many tools of the active step's sequence are done. */
  sequenceIndex: z.int().min(0),
  turnCount: z.int().min(0),
  cumulativeTokenUsage: TokenUsage,
  /** What the last turn waits for. */
  pending: z.array(PendingCall).default([]),
  /** What holds for the next turns, the newest last. */
  effects: z.array(Effect).default([]),
  /** The application's own, null where it has none. */
  data: z.unknown().default(null),
});
export type OrchestrationState = z.infer<typeof OrchestrationState>;

/** What may be shown to whoever the session belongs to. */
export const ClientView = OrchestrationState.omit({
  stepCause: true,
  toolLog: true,
  toolCounts: true,
  sequenceIndex: true,
  pending: true,
  data: true,
}).extend({
  effects: z.array(EffectView).default([]),
  /** Of the application's own data what its `view` shows, where it has one. */
  data: z.json().optional(),
});
export type ClientView = z.infer<typeof ClientView>;

/** Shows nothing of the application's data but what the `view` of its description makes of it. */
export function toClientView<D>(
  { data, ...state }: OrchestrationState & { readonly data: D },
  described: SessionData<D> | null = null,
): ClientView {
  const shown = described === null ? {} : viewOfData(described, { data, effects: state.effects });
  return ClientView.parse({ ...state, effects: state.effects.map(toEffectView), ...shown });
}
