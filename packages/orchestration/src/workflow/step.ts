import { z } from 'zod';
import { Condition } from './condition.ts';
import { ToolLists, ToolName } from './tool-pattern.ts';

const StepName = z.string().min(1).max(64);

/** A named stage of an agent's work. */
export const Step = z.strictObject({
  name: StepName,
  description: z.string().optional(),
  /** Where a session begins. Without any such step it is the first. */
  isDefault: z.boolean().default(false),
  /** The step is entered by the event that makes all of these true. None: it is never entered by itself. */
  when: z.array(Condition).default([]),
  /**
   * The steps that may be gone to from here by choice: the model's where the workflow's transitions are its own, else the
   * application's. Without it the model may choose any.
   */
  to: z.array(StepName).optional(),
  tools: ToolLists.default({}),
  /** Tools to be used one after the other: only the next is offered, and after the last all of the step's. */
  sequence: z.array(ToolName).default([]),
  /** Added to the agent's own instructions while the step is active. */
  instructions: z.string().optional(),
  /** The name of the model that speaks in this step, where it is not the agent's own. */
  model: z.string().min(1).optional(),
});
export type Step = z.infer<typeof Step>;
