import type { OrchestrationState } from '../orchestration-state.ts';
import { currentStep, defaultStep, enterStep } from '../rules.ts';
import type { Workflow } from '../workflow.ts';
import { conditionsHold } from './holds.ts';
import type { Situation } from './situation.ts';
import type { Step } from './step.ts';

/** The tool by which the model moves from step to step, where the workflow's transitions are its own. */
export const goToStepTool = 'go_to_step';

/** The steps that may be chosen from a step, whatever their conditions say. */
export function choicesOf({ steps, transitions }: Workflow, step: Step): Step[] {
  const { to } = step;
  if (to !== undefined) return steps.filter(({ name }) => to.includes(name));
  return transitions === 'model' ? steps.filter((other) => other !== step) : [];
}

/** The steps that a session may ever come to. */
export function reachableSteps(workflow: Workflow): ReadonlySet<Step> {
  const start = defaultStep(workflow);
  const reachable = new Set(workflow.steps.filter((step) => step === start || step.when.length > 0));
  // A set's iteration also comes to what is added on the way.
  for (const step of reachable) for (const choice of choicesOf(workflow, step)) reachable.add(choice);
  return reachable;
}

/**
 * The steps that the model may go to now. A step's conditions are a gate to the model as well: a step that has any is
 * offered while all of them hold.
 */
export function stepsToGoTo(workflow: Workflow | null, situation: Situation): Step[] {
  const step = currentStep(workflow, situation.state);
  if (workflow?.transitions !== 'model' || step === null) return [];
  return choicesOf(workflow, step).filter((choice) => conditionsHold(workflow, choice, situation));
}

/** Null when the model may go to the step now, else what to tell it. */
export function refusalToGo(workflow: Workflow | null, situation: Situation, goal: string): string | null {
  const names = stepsToGoTo(workflow, situation).map(({ name }) => name);
  if (names.includes(goal)) return null;
  const from = currentStep(workflow, situation.state)?.name ?? 'none';
  const allowed = names.length === 0 ? 'no step' : names.join(', ');
  return `Step "${goal}" cannot be gone to from step "${from}". Allowed now: ${allowed}.`;
}

/** The state after the model has gone to a step; whether it may is not asked here. */
export function goToStep(state: OrchestrationState, goal: string): OrchestrationState {
  return enterStep(state, goal, { event: 'model' });
}
