import type { OrchestrationState } from '../orchestration-state.ts';
import { currentStep, defaultStep } from '../rules.ts';
import type { Workflow } from '../workflow.ts';
import { workflowArrows } from './arrows.ts';

/**
 * A workflow as a Mermaid flowchart, which GitHub and many editors draw; with a state, its active step is marked. An
 * arrow says what makes a session go over from one step to the other, and leaves a step only where that may happen: on a
 * tool's call, where the step allows the tool. A dotted arrow is a choice of the model, or of the application.
 */
export function toMermaid(workflow: Workflow, state?: OrchestrationState): string {
  const { steps } = workflow;
  const idOf = (name: string) => `s${steps.findIndex((step) => step.name === name)}`;
  const arrows = workflowArrows(workflow).map(
    ({ from, to, because, isChoice }) => `${idOf(from)} ${isChoice ? '-.->' : '-->'}|${quoted(because)}| ${idOf(to)}`,
  );
  const first = defaultStep(workflow);
  const active = state && currentStep(workflow, state);
  const lines = [
    ...steps.map((step) => `${idOf(step.name)}[${quoted(step.name)}]`),
    ...(first === null ? [] : [`start([${quoted('start')}]) --> ${idOf(first.name)}`]),
    ...arrows,
    ...(active ? ['classDef active stroke-width:4px', `class ${idOf(active.name)} active`] : []),
  ];
  return ['flowchart TD', ...lines.map((line) => `  ${line}`), ''].join('\n');
}

/** Text that Mermaid shows as it is: whatever could mean something to it is written by its number. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/^ | $|[^\p{L}\p{M}\p{N} _,()-]/gu, (character) => `#${character.codePointAt(0)};`);
  return `"${escaped}"`;
}
