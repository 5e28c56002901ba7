import { z } from 'zod';
import { parsePointer } from './json-pointer.ts';
import { ToolName } from './tool-pattern.ts';

const ToolUsed = z.strictObject({
  type: z.literal('tool_used'),
  tool: ToolName,
  withinLast: z.int().min(1).max(100).optional(),
});

const SequenceMatch = z.strictObject({
  type: z.literal('sequence_match'),
  tools: z.array(ToolName).min(1).max(20),
});

const TurnCount = z.strictObject({ type: z.literal('turn_count'), atLeast: z.int().min(1) });

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const comparisons = {
  /** Of the same type and value. */
  equals: Scalar.optional(),
  /** Another value, or nothing there. */
  notEquals: Scalar.optional(),
  /** Of numbers alone. */
  greaterThan: z.number().optional(),
  lessThan: z.number().optional(),
  /** Whether anything is there; null is something. */
  exists: z.boolean().optional(),
};

const StateCompare = z
  .strictObject({
    type: z.literal('state'),
    at: z
      .string()
      .refine((pointer) => parsePointer(pointer) !== null, 'is not a JSON pointer, such as /data/order/total'),
    ...comparisons,
  })
  .refine(
    (condition) => Object.keys(comparisons).some((name) => name in condition),
    `compares nothing; say one of ${Object.keys(comparisons).join(', ')}`,
  );

const Custom = z.strictObject({ type: z.literal('custom'), predicate: z.string().min(1) });

/**
 * What must be true for a step to be entered.
 *
 * - `tool_used`: the tool has succeeded in this session, or is among the last `withinLast` calls that did.
 * - `sequence_match`: the latest calls that succeeded are these, oldest first; a tool may occur more than once.
 * - `turn_count`: so many turns have ended, completed or stopped.
 * - `state`: what is at the JSON pointer `at` compares so, in every way that is given. `/state/…` is what the session's
 *   owner may see of the orchestration state, `/data/…` the application's own data of the session, where there is any.
 * - `custom`: the predicate of that name says so.
 * - `all`, `any` and `not` of other conditions.
 */
export const Condition = z.discriminatedUnion('type', [
  ToolUsed,
  SequenceMatch,
  TurnCount,
  StateCompare,
  Custom,
  z.strictObject({
    type: z.literal('all'),
    get of() {
      return Conditions;
    },
  }),
  z.strictObject({
    type: z.literal('any'),
    get of() {
      return Conditions;
    },
  }),
  z.strictObject({
    type: z.literal('not'),
    get of() {
      return Condition;
    },
  }),
]);
export type Condition = z.infer<typeof Condition>;

const Conditions = z.array(Condition).min(1).max(20);
