import { StateroomError } from '@stateroom/core';
import { z } from 'zod';

const ToolName = z
  .string()
  .min(1)
  .regex(/^[^*]*$/, 'is the name of one tool, not a pattern');
/** The name of a tool, or a pattern in which `*` stands for any characters: `read_*`. */
const ToolPattern = z.string().min(1);

/**
 * What must have happened for a step to be entered. `tool_used`: the tool has succeeded in this session, or is among
 * the last `withinLast` calls that did. `sequence_match`: the latest calls that succeeded are these, oldest first; a tool may occur
 * more than once.
 */
export const Condition = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('tool_used'), tool: ToolName, withinLast: z.int().min(1).max(100).optional() }),
  z.strictObject({ type: z.literal('sequence_match'), tools: z.array(ToolName).min(1).max(20) }),
]);
export type Condition = z.infer<typeof Condition>;

/** A named stage of an agent's work. */
export const Step = z.strictObject({
  name: z.string().min(1).max(64),
  description: z.string().optional(),
  /** Where a session begins. Without any such step it is the first. */
  isDefault: z.boolean().default(false),
  /** The step is entered by the tool call that makes all of these true. None: it is never entered by itself. */
  when: z.array(Condition).default([]),
  /** Allow minus deny. No `allow` is every tool, `allow: []` is none. */
  tools: z.strictObject({ allow: z.array(ToolPattern).optional(), deny: z.array(ToolPattern).optional() }).default({}),
  /** Tools to be used one after the other: only the next is offered, and after the last all of the step's. */
  sequence: z.array(ToolName).default([]),
  /** Added to the agent's own instructions while the step is active. */
  instructions: z.string().optional(),
});
export type Step = z.infer<typeof Step>;

/** An agent's steps, in order of precedence. Plain data: it may come from a JSON file. */
export const Workflow = z.strictObject({ steps: z.array(Step).min(1) }).check(({ value: { steps }, issues }) => {
  const refuse = (message: string, ...path: (string | number)[]) =>
    issues.push({ code: 'custom', message, path: ['steps', ...path], input: steps });
  for (const [index, step] of steps.entries()) {
    const earlier = steps.slice(0, index);
    if (earlier.some(({ name }) => name === step.name)) refuse(`is the second step of this name`, index, 'name');
    if (step.isDefault && earlier.some(({ isDefault }) => isDefault))
      refuse('is the second default', index, 'isDefault');
    for (const [position, tool] of step.sequence.entries()) {
      if (!permits(step, tool)) refuse(`"${tool}" is not allowed by its own step`, index, 'sequence', position);
    }
  }
});
export type Workflow = z.infer<typeof Workflow>;

/** A workflow from code or JSON, or INVALID with the path of the first fault. */
export function defineWorkflow(workflow: z.input<typeof Workflow>): Workflow {
  const result = Workflow.safeParse(workflow);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? [])
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const where = `workflow${path}`;
  throw new StateroomError('INVALID', `${where}: ${issue?.message ?? 'is not a workflow'}`, { path: where });
}

/** Whether the step's own lists let the tool through, whatever its sequence says. */
export function permits({ tools: { allow, deny = [] } }: Step, tool: string): boolean {
  const isNamed = (patterns: readonly string[]) => patterns.some((pattern) => matches(pattern, tool));
  return (allow === undefined || isNamed(allow)) && !isNamed(deny);
}

function matches(pattern: string, tool: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === tool;
  if (!tool.startsWith(head) || !tool.endsWith(tail) || tool.length < head.length + tail.length) return false;
  const middle = tool.slice(head.length, tool.length - tail.length);
  let from = 0;
  return rest.every((part) => {
    const at = middle.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}
