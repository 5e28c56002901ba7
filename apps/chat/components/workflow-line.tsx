import type { StepCard } from '../agents/index.ts';
import { Porthole } from './porthole.tsx';

/** A workflow at a glance: its steps in order, the first one lit. */
export function WorkflowLine({
  steps,
  defaultStep,
}: {
  readonly steps: readonly StepCard[];
  readonly defaultStep: string | null;
}) {
  return (
    <ol aria-label="Workflow" className="flex flex-wrap gap-x-5 gap-y-2">
      {steps.map(({ name }) => (
        <li key={name} className="flex items-center gap-2 text-sm text-ink-soft">
          <Porthole isLit={name === defaultStep} className="size-3.5" />
          {name}
        </li>
      ))}
    </ol>
  );
}
