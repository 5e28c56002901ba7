import type { Workflow } from '../workflow.ts';
import type { Condition } from './condition.ts';
import { conditionsText } from './condition-text.ts';
import type { Step } from './step.ts';
import { permits } from './tool-pattern.ts';
import { choicesOf } from './transitions.ts';

/** A way from one step to another. */
export type WorkflowArrow = {
  readonly from: string;
  readonly to: string;
  /** What makes a session go over, in words: the conditions of the step, or who chooses it. */
  readonly because: string;
  /** Whether somebody chooses it: the model, or the application. Else it is taken once its conditions hold. */
  readonly isChoice: boolean;
};

/**
 * The ways between the steps of a workflow, for a drawing of it. Each leaves a step only where that may happen: on a
 * tool's call, where the step allows the tool.
 */
export function workflowArrows(workflow: Workflow): WorkflowArrow[] {
  const { steps, transitions } = workflow;
  const chooser = transitions === 'model' ? 'the model' : 'the application';
  return steps.flatMap((from) => [
    ...steps
      .filter((to) => to !== from && to.when.length > 0 && to.when.some((condition) => mayBecomeTrue(condition, from)))
      .map((to) => ({ from: from.name, to: to.name, because: conditionsText(to.when), isChoice: false })),
    ...choicesOf(workflow, from).map((to) => ({ from: from.name, to: to.name, because: chooser, isChoice: true })),
  ]);
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
