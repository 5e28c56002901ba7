import { type OrchestrationState, toClientView } from '../orchestration-state.ts';
import type { Condition } from './condition.ts';
import { valueAt } from './json-pointer.ts';
import type { Predicates, Situation } from './situation.ts';
import type { Step } from './step.ts';

type StateCompare = Extract<Condition, { type: 'state' }>;

/** Whether a condition is true in a situation. Throws what a predicate throws. */
export function holds(condition: Condition, situation: Situation, predicates: Predicates): boolean {
  const { state } = situation;
  switch (condition.type) {
    case 'tool_used': {
      const { tool, withinLast } = condition;
      return withinLast === undefined ? timesUsed(state, tool) > 0 : succeeded(state).slice(-withinLast).includes(tool);
    }
    case 'sequence_match': {
      const latest = succeeded(state).slice(-condition.tools.length);
      return latest.length === condition.tools.length && latest.every((tool, index) => tool === condition.tools[index]);
    }
    case 'turn_count':
      return state.turnCount >= condition.atLeast;
    case 'state':
      return compares(condition, valueAt({ state: toClientView(state), data: situation.data }, condition.at));
    case 'custom':
      return predicateOf(predicates, condition.predicate)?.(situation) === true;
    case 'all':
      return condition.of.every((each) => holds(each, situation, predicates));
    case 'any':
      return condition.of.some((each) => holds(each, situation, predicates));
    case 'not':
      return !holds(condition.of, situation, predicates);
  }
}

/** Whether all conditions of a step are true. One whose predicate throws is not. */
export function conditionsHold(
  { predicates }: { readonly predicates: Predicates },
  { when }: Step,
  situation: Situation,
): boolean {
  try {
    return when.every((condition) => holds(condition, situation, predicates));
  } catch {
    return false;
  }
}

/** How often a tool of any name has succeeded in the session. */
export function timesUsed({ toolCounts }: OrchestrationState, tool: string): number {
  return Object.hasOwn(toolCounts, tool) ? (toolCounts[tool] ?? 0) : 0;
}

export function predicateOf(predicates: Predicates, name: string) {
  return Object.hasOwn(predicates, name) ? predicates[name] : undefined;
}

function succeeded({ toolLog }: OrchestrationState): string[] {
  return toolLog.filter(({ ok }) => ok).map(({ tool }) => tool);
}

function compares({ equals, notEquals, greaterThan, lessThan, exists }: StateCompare, value: unknown): boolean {
  return (
    (equals === undefined || value === equals) &&
    (notEquals === undefined || value !== notEquals) &&
    (greaterThan === undefined || (typeof value === 'number' && value > greaterThan)) &&
    (lessThan === undefined || (typeof value === 'number' && value < lessThan)) &&
    (exists === undefined || (value !== undefined) === exists)
  );
}
