import { ClientView } from '../orchestration-state.ts';
import type { Workflow } from '../workflow.ts';
import type { Condition } from './condition.ts';
import { predicateOf } from './holds.ts';
import { parsePointer } from './json-pointer.ts';
import type { Step } from './step.ts';
import { isDenied, permits } from './tool-pattern.ts';
import { reachableSteps } from './transitions.ts';
import { conditionsOf, type Path } from './walk.ts';

/** What makes a workflow one that cannot work, and where, below its steps. */
type Fault = { readonly path: Path; readonly fault: string };

export function faultsOf(workflow: Workflow): Fault[] {
  return [
    ...workflow.steps.flatMap((step, index) => faultsOfStep(workflow, step, index)),
    ...workflow.steps.flatMap((step, index) => faultsOfConditions(workflow, step, index)),
    ...unreachableSteps(workflow),
  ];
}

function faultsOfStep({ steps }: Workflow, step: Step, index: number): Fault[] {
  const earlier = steps.slice(0, index);
  const at = (fault: string, ...path: Path) => ({ fault, path: [index, ...path] });
  const isSecondOfName = earlier.some(({ name }) => name === step.name);
  const isSecondDefault = step.isDefault && earlier.some(({ isDefault }) => isDefault);
  const goals = (step.to ?? []).flatMap((goal, position) => {
    if (goal === step.name) return [at('is the step itself', 'to', position)];
    return steps.some(({ name }) => name === goal) ? [] : [at(`names no step; ${listed(steps)}`, 'to', position)];
  });
  const denied = step.sequence.flatMap((tool, position) =>
    permits(step, tool) ? [] : [at(`"${tool}" is not allowed by its own step`, 'sequence', position)],
  );
  return [
    ...(isSecondOfName ? [at('is the second step of this name', 'name')] : []),
    ...(isSecondDefault ? [at('is the second default', 'isDefault')] : []),
    ...goals,
    ...denied,
  ];
}

function faultsOfConditions(workflow: Workflow, step: Step, index: number): Fault[] {
  const faults = conditionsOf(step, index).flatMap(({ condition, path }) =>
    faultsOfCondition(workflow, condition, path),
  );
  const isOverFromTheStart = step.when.length > 0 && step.when.every(canOnlyCease);
  const fault =
    'is true from the beginning and can only cease to be; a step is entered when its conditions become true';
  return isOverFromTheStart ? [...faults, { path: [index, 'when'], fault }] : faults;
}

function faultsOfCondition({ steps, predicates }: Workflow, condition: Condition, path: Path): Fault[] {
  // What no step allows, an effect may grant; what each denies, nothing does.
  const unusable = (tool: string) => steps.every((step) => isDenied(step.tools, tool));
  const at = (fault: string, ...rest: Path) => [{ path: [...path, ...rest], fault }];
  switch (condition.type) {
    case 'tool_used':
      return unusable(condition.tool) ? at(`can never be true: every step denies "${condition.tool}"`, 'tool') : [];
    case 'sequence_match':
      return condition.tools.flatMap((tool, position) =>
        unusable(tool) ? at(`can never be true: every step denies "${tool}"`, 'tools', position) : [],
      );
    case 'state':
      return faultsOfCompare(condition).flatMap(({ fault, path: rest }) => at(fault, ...rest));
    case 'custom':
      if (predicateOf(predicates, condition.predicate) !== undefined) return [];
      return at(`no predicate "${condition.predicate}" is given; hand it over with the workflow`, 'predicate');
    case 'turn_count':
    case 'all':
    case 'any':
    case 'not':
      return [];
  }
}

function faultsOfCompare({ at, ...compare }: Extract<Condition, { type: 'state' }>): Fault[] {
  const { equals, notEquals, greaterThan = -Infinity, lessThan = Infinity, exists } = compare;
  const [root, field = ''] = parsePointer(at) ?? [];
  // The data has a root of its own.
  const fields = Object.keys(ClientView.shape).filter((name) => name !== 'data');
  if (root !== 'state' && root !== 'data')
    return [{ path: ['at'], fault: 'begins neither with /state nor with /data' }];
  if (root === 'state' && !fields.includes(field))
    return [
      {
        path: ['at'],
        fault: `is nothing that the state shows; it has ${fields.map((name) => `/state/${name}`).join(', ')}`,
      },
    ];
  const isNumber = typeof equals === 'number';
  const asksForNumber = Math.max(greaterThan, -lessThan) > -Infinity;
  const contradicts =
    (equals !== undefined && equals === notEquals) ||
    (exists === false && (equals !== undefined || asksForNumber)) ||
    (equals !== undefined && asksForNumber && !(isNumber && equals > greaterThan && equals < lessThan)) ||
    greaterThan >= lessThan;
  return contradicts ? [{ path: [], fault: 'can never be true: its comparisons contradict one another' }] : [];
}

/** True as long as something has not happened, and then never again. */
function canOnlyCease(condition: Condition): boolean {
  if (condition.type === 'not') return canOnlyBegin(condition.of);
  return (condition.type === 'all' || condition.type === 'any') && condition.of.every(canOnlyCease);
}

function canOnlyBegin(condition: Condition): boolean {
  if (condition.type === 'not') return canOnlyCease(condition.of);
  if (condition.type === 'all' || condition.type === 'any') return condition.of.every(canOnlyBegin);
  return condition.type === 'turn_count' || (condition.type === 'tool_used' && condition.withinLast === undefined);
}

function unreachableSteps(workflow: Workflow): Fault[] {
  const reachable = reachableSteps(workflow);
  return workflow.steps.flatMap((step, index) => {
    if (reachable.has(step)) return [];
    const fault = `"${step.name}" can never be entered: give it conditions (when), or name it in the "to" of a step that can be`;
    return [{ path: [index], fault }];
  });
}

function listed(steps: readonly Step[]): string {
  return `there are ${steps.map(({ name }) => name).join(', ')}`;
}
