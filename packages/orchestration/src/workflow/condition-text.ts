import type { Condition } from './condition.ts';

/** A condition in words, to be read in a drawing or a sentence: `read_page was used`. */
export function conditionText(condition: Condition): string {
  switch (condition.type) {
    case 'tool_used':
      return toolUsedText(condition);
    case 'sequence_match':
      return `the last tools used were ${condition.tools.join(', then ')}`;
    case 'turn_count':
      return condition.atLeast === 1 ? 'a turn has ended' : `${condition.atLeast} turns have ended`;
    case 'state':
      return compareText(condition);
    case 'custom':
      return condition.predicate;
    case 'all':
      return `(${conditionsText(condition.of)})`;
    case 'any':
      return `(${condition.of.map(conditionText).join(' or ')})`;
    case 'not':
      return `not ${conditionText(condition.of)}`;
  }
}

/** Conditions that must all be true. */
export function conditionsText(conditions: readonly Condition[]): string {
  return conditions.map(conditionText).join(' and ');
}

function toolUsedText({ tool, withinLast }: Extract<Condition, { type: 'tool_used' }>): string {
  if (withinLast === undefined) return `${tool} was used`;
  return withinLast === 1 ? `${tool} was the last tool used` : `${tool} was among the last ${withinLast} tools used`;
}

function compareText(condition: Extract<Condition, { type: 'state' }>): string {
  const { at, equals, notEquals, greaterThan, lessThan, exists } = condition;
  const comparisons = [
    equals !== undefined && `is ${JSON.stringify(equals)}`,
    notEquals !== undefined && `is not ${JSON.stringify(notEquals)}`,
    greaterThan !== undefined && `is more than ${greaterThan}`,
    lessThan !== undefined && `is less than ${lessThan}`,
    exists !== undefined && (exists ? 'is there' : 'is not there'),
  ];
  return `${at} ${comparisons.filter((comparison) => comparison !== false).join(' and ')}`;
}
