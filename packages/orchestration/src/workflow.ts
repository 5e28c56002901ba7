import { StateroomError } from '@stateroom/core';
import { z } from 'zod';
import { faultsOf } from './workflow/faults.ts';
import type { Predicate, Predicates } from './workflow/situation.ts';
import { Step } from './workflow/step.ts';
import { pathText } from './workflow/walk.ts';

const PredicateFunction = z.custom<Predicate>((value) => typeof value === 'function', 'is not a function');

/** An agent's steps, in order of precedence. Plain data but for the predicates: the rest may come from a JSON file. */
export const Workflow = z
  .strictObject({
    steps: z.array(Step).min(1),
    /** Who moves a session from step to step beside the conditions: `model` has the tool `go_to_step`. */
    transitions: z.enum(['none', 'model']).default('none'),
    /** The conditions of the type `custom`, by their names. */
    predicates: z.record(z.string(), PredicateFunction).default({}),
  })
  .check(({ value, issues }) => {
    for (const { path, fault } of faultsOf(value)) {
      issues.push({ code: 'custom', message: fault, path: ['steps', ...path], input: value });
    }
  });
export type Workflow = z.infer<typeof Workflow>;

/** A workflow that can work, or INVALID with the path of the first fault and what to do about it. */
export function defineWorkflow({ predicates = {}, ...data }: z.input<typeof Workflow>): Workflow {
  return parseWorkflow(data, predicates);
}

/** `defineWorkflow` for data that nobody has looked at yet, such as a JSON file, with the predicates that it names. */
export function parseWorkflow(json: unknown, predicates: Predicates = {}): Workflow {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  const result = Workflow.safeParse(isObject ? { predicates, ...json } : json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = pathText(issue?.path ?? []);
  throw new StateroomError('INVALID', `${where}: ${issue?.message ?? 'is not a workflow'}`, { path: where });
}
