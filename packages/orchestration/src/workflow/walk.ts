import type { Workflow } from '../workflow.ts';
import type { Condition } from './condition.ts';
import type { Step } from './step.ts';

/** The way to a part of a workflow, below its steps. */
export type Path = readonly (string | number)[];

/** All conditions of the step at that index, those within others too. */
export function conditionsOf({ when }: Step, index: number): { condition: Condition; path: Path }[] {
  return when.flatMap((condition, position) => nested(condition, [index, 'when', position]));
}

/** Every tool, and every pattern, that a workflow names, with its path from `workflow` on. */
export function toolsNamedBy({ steps }: Workflow): { tool: string; path: string }[] {
  return steps.flatMap((step, index) => {
    const listed = (tools: readonly string[] | undefined, path: Path) =>
      (tools ?? []).map((tool, position) => ({ tool, path: [...path, position] }));
    const named = [
      ...conditionsOf(step, index).flatMap(({ condition, path }) => {
        if (condition.type === 'tool_used') return [{ tool: condition.tool, path: [...path, 'tool'] }];
        return condition.type === 'sequence_match' ? listed(condition.tools, [...path, 'tools']) : [];
      }),
      ...listed(step.tools.allow, [index, 'tools', 'allow']),
      ...listed(step.tools.deny, [index, 'tools', 'deny']),
      ...listed(step.sequence, [index, 'sequence']),
    ];
    return named.map(({ tool, path }) => ({ tool, path: pathText(['steps', ...path]) }));
  });
}

/** The conditions that look at the application's data, by their paths from `workflow` on. */
export function conditionsOnData({ steps }: Workflow): string[] {
  const conditions = steps.flatMap((step, index) => conditionsOf(step, index));
  return conditions.flatMap(({ condition, path }) =>
    condition.type === 'state' && /^\/data(\/|$)/.test(condition.at) ? [pathText(['steps', ...path, 'at'])] : [],
  );
}

/** A path as errors show it: `workflow.steps[0].when`. */
export function pathText(path: readonly PropertyKey[]): string {
  return `workflow${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')}`;
}

function nested(condition: Condition, path: Path): { condition: Condition; path: Path }[] {
  const here = { condition, path };
  if (condition.type === 'not') return [here, ...nested(condition.of, [...path, 'of'])];
  if (condition.type !== 'all' && condition.type !== 'any') return [here];
  return [here, ...condition.of.flatMap((each, position) => nested(each, [...path, 'of', position]))];
}
