import { type Effect, effectsOf } from '../effects.ts';
import type { OrchestrationState } from '../orchestration-state.ts';
import { currentStep, defaultStep, nextInSequence } from '../rules.ts';
import type { Workflow } from '../workflow.ts';
import type { Condition } from './condition.ts';
import { conditionText } from './condition-text.ts';
import { holds } from './holds.ts';
import type { Situation } from './situation.ts';
import type { Step } from './step.ts';
import { isAllowed, isDenied } from './tool-pattern.ts';
import { goToStepTool, stepsToGoTo } from './transitions.ts';

/** Why an agent is where it is, and may do what it may, in sentences for whoever looks into it. */
export type Explanation = {
  /** The active step, null without a workflow. */
  readonly step: string | null;
  readonly because: string;
  readonly tools: readonly { readonly name: string; readonly isOffered: boolean; readonly because: string }[];
  /** The steps that have conditions, and what is true of these now. */
  readonly conditions: readonly { readonly step: string; readonly condition: string; readonly isTrue: boolean }[];
};

export function explain(workflow: Workflow | null, situation: Situation, tools: readonly string[]): Explanation {
  const { state } = situation;
  const step = currentStep(workflow, state);
  if (workflow === null || step === null) {
    const byStep = (name: string) => ({ name, isOffered: true, because: 'There are no steps.' });
    const offered = tools.map((name) => explainEffects(state, byStep(name), false));
    return { step: null, because: 'There is no workflow.', tools: offered, conditions: [] };
  }
  const next = nextInSequence(workflow, state);
  const transition = workflow.transitions === 'model' ? [explainTransition(workflow, situation)] : [];
  return {
    step: step.name,
    because: whyInStep(workflow, step, state),
    tools: [...tools.map((name) => explainTool(step, name, { next, state })), ...transition],
    conditions: workflow.steps.flatMap(({ name, when }) =>
      when.map((condition) => ({ step: name, ...explainCondition(workflow, condition, situation) })),
    ),
  };
}

function whyInStep(workflow: Workflow, step: Step, { activeStep, stepCause }: OrchestrationState): string {
  const { name } = step;
  if (activeStep !== null && activeStep !== name)
    return `The workflow has no step "${activeStep}" any more, so the session is in the default one.`;
  switch (stepCause?.event) {
    case undefined:
      return step === defaultStep(workflow)
        ? `A session begins in "${name}", and nothing is known to have moved this one.`
        : `What brought the session into "${name}" is not known.`;
    case 'tool_called':
      return `A call of ${stepCause.tool ?? 'a tool'} made the conditions of "${name}" true.`;
    case 'tokens_used':
      return `The tokens that were used made the conditions of "${name}" true.`;
    case 'turn_ended':
      return `The end of a turn made the conditions of "${name}" true.`;
    case 'changed':
      return `A change of the state or the data made the conditions of "${name}" true.`;
    case 'model':
      return `The model chose "${name}".`;
    case 'application':
      return `The application chose "${name}".`;
  }
}

type ExplainedTool = Explanation['tools'][number];

function explainTool(
  step: Step,
  name: string,
  { next, state }: { readonly next: string | undefined; readonly state: OrchestrationState },
): ExplainedTool {
  return explainEffects(state, explainByStep(step, name, next), isDenied(step.tools, name));
}

/** An effect grants what the step does not deny, and a tool that cools down is offered by nobody. */
function explainEffects(state: OrchestrationState, byStep: ExplainedTool, isDeniedByStep: boolean): ExplainedTool {
  const { name } = byStep;
  const lasting = (kind: string) => effectsOf(state, kind).find(({ value }) => value === name);
  const cooldown = lasting('cooldown');
  if (cooldown !== undefined)
    return { name, isOffered: false, because: `It cools down: the effect "${cooldown.id}" ${lastsText(cooldown)}.` };
  const grant = lasting('tool');
  if (byStep.isOffered || grant === undefined || isDeniedByStep) return byStep;
  return { name, isOffered: true, because: `The effect "${grant.id}" grants it, and ${lastsText(grant)}.` };
}

function lastsText({ turnsLeft }: Effect): string {
  return turnsLeft === 1 ? 'lasts until the turn ends' : `lasts ${turnsLeft} turns`;
}

function explainByStep({ name: step, tools, sequence }: Step, name: string, next: string | undefined): ExplainedTool {
  const refused = (because: string) => ({ name, isOffered: false, because });
  if (!isAllowed(tools, name)) return refused(`"${step}" does not allow it. ${allowedText(tools.allow ?? [])}`);
  if (isDenied(tools, name)) return refused(`"${step}" denies it.`);
  if (next === undefined) return { name, isOffered: true, because: `"${step}" allows it.` };
  if (next === name) return { name, isOffered: true, because: `It is the next in the sequence of "${step}".` };
  const place = sequence.includes(name) ? 'It has its own place there.' : 'It is offered again after the last.';
  return refused(`The sequence of "${step}" waits for ${next}. ${place}`);
}

function allowedText(allow: readonly string[]): string {
  return allow.length === 0 ? 'It allows none.' : `It allows ${allow.join(', ')}.`;
}

function explainTransition(workflow: Workflow, situation: Situation) {
  const names = stepsToGoTo(workflow, situation).map(({ name }) => `"${name}"`);
  if (names.length > 0) return { name: goToStepTool, isOffered: true, because: `It leads to ${names.join(', ')}.` };
  return { name: goToStepTool, isOffered: false, because: 'No step can be gone to from here now.' };
}

function explainCondition({ predicates }: Workflow, condition: Condition, situation: Situation) {
  const text = conditionText(condition);
  try {
    return { condition: text, isTrue: holds(condition, situation, predicates) };
  } catch (error) {
    return { condition: `${text} (it threw ${String(error)})`, isTrue: false };
  }
}
