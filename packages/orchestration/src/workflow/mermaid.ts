import type { OrchestrationState } from '../orchestration-state.ts';
import { currentStep, defaultStep } from '../rules.ts';
import type { Workflow } from '../workflow.ts';
import type { Condition } from './condition.ts';
import { conditionsText } from './condition-text.ts';
import type { Step } from './step.ts';
import { permits } from './tool-pattern.ts';
import { choicesOf } from './transitions.ts';

/**
 * A workflow as a Mermaid flowchart, which GitHub and many editors draw; with a state, its active step is marked. An
 * arrow says what makes a session go over from one step to the other, and leaves a step only where that may happen: on a
 * tool's call, where the step allows the tool. A dotted arrow is a choice of the model, or of the application.
 */
export function toMermaid(workflow: Workflow, state?: OrchestrationState): string {
  const { steps, transitions } = workflow;
  const idOf = (step: Step) => `s${steps.indexOf(step)}`;
  const chooser = transitions === 'model' ? 'the model' : 'the application';
  const arrows = steps.flatMap((from) => [
    ...steps
      .filter((to) => to !== from && to.when.length > 0 && to.when.some((condition) => mayBecomeTrue(condition, from)))
      .map((to) => `${idOf(from)} -->|${quoted(conditionsText(to.when))}| ${idOf(to)}`),
    ...choicesOf(workflow, from).map((to) => `${idOf(from)} -.->|${quoted(chooser)}| ${idOf(to)}`),
  ]);
  const first = defaultStep(workflow);
  const active = state && currentStep(workflow, state);
  const lines = [
    ...steps.map((step) => `${idOf(step)}[${quoted(step.name)}]`),
    ...(first === null ? [] : [`start([${quoted('start')}]) --> ${idOf(first)}`]),
    ...arrows,
    ...(active ? ['classDef active stroke-width:4px', `class ${idOf(active)} active`] : []),
  ];
  return ['flowchart TD', ...lines.map((line) => `  ${line}`), ''].join('\n');
}

/** Whether the condition may become true by what happens in the step: a tool that it does not allow is not called there. */
function mayBecomeTrue(condition: Condition, step: Step): boolean {
  switch (condition.type) {
    case 'tool_used':
      return permits(step, condition.tool);
    case 'sequence_match':
      return permits(step, condition.tools.at(-1) ?? '');
    case 'all':
    case 'any':
      return condition.of.some((each) => mayBecomeTrue(each, step));
    case 'turn_count':
    case 'state':
    case 'custom':
    case 'not':
      return true;
  }
}

/** Text that Mermaid shows as it is: whatever could mean something to it is written by its number. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/^ | $|[^\p{L}\p{M}\p{N} _,()-]/gu, (character) => `#${character.codePointAt(0)};`);
  return `"${escaped}"`;
}
