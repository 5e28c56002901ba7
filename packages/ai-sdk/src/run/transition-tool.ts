import { goToStepTool, type Workflow } from '@stateroom/orchestration';
import { tool, type ToolSet } from 'ai';
import { z } from 'zod';
import { ToolRefusal } from './guard-tools.ts';
import type { TurnProgress } from './turn-progress.ts';

/** The tool by which the model moves from step to step, for an agent whose workflow leaves that to it. */
export function transitionTool(workflow: Workflow | null, progress: TurnProgress): ToolSet {
  if (workflow?.transitions !== 'model') return {};
  const goTo = tool({
    description: 'Goes to another step of the work, whose tools are offered from then on.',
    inputSchema: z.object({ step: z.enum(workflow.steps.map(({ name }) => name)) }),
    execute: ({ step }) => {
      progress.turn.assertHeld();
      progress.turn.signal.throwIfAborted();
      const refusal = progress.goToStep(step);
      if (refusal !== null) throw new ToolRefusal(refusal);
      return { step };
    },
  });
  return { [goToStepTool]: goTo };
}
