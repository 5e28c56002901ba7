import type { StepCard } from '../agents/index.ts';
import { Porthole } from './porthole.tsx';

export type StepListProps = {
  readonly steps: readonly StepCard[];
  readonly activeStep: string | null;
  readonly isBusy: boolean;
};

/** The workflow from top to bottom, each step a window, the active one lit. */
export function StepList({ steps, activeStep, isBusy }: StepListProps) {
  return (
    <ol aria-label="Workflow">
      {steps.map((step) => {
        const isActive = step.name === activeStep;
        return (
          <li
            key={step.name}
            aria-current={isActive ? 'step' : undefined}
            className="relative grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3 pb-6 before:absolute before:top-5 before:bottom-0 before:left-[0.59375rem] before:w-px before:bg-line last:pb-0 last:before:hidden"
          >
            <Porthole isLit={isActive} isBusy={isActive && isBusy} className="size-5" />
            <div>
              <h3 className={`leading-5 ${isActive ? 'font-semibold' : ''}`}>
                {step.name}
                {isActive && <span className="ml-2 text-sm font-normal text-brass">now</span>}
              </h3>
              <p className="mt-1 text-sm leading-relaxed text-ink-soft">{step.description}</p>
              <ToolsOf step={step} isActive={isActive} />
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function ToolsOf({ step, isActive }: { readonly step: StepCard; readonly isActive: boolean }) {
  const { tools, sequence } = step;
  const later = tools.filter((tool) => !sequence.includes(tool));
  const tone = isActive ? 'text-ink' : 'text-ink-soft';
  return (
    <div className={`mt-2 space-y-1 font-mono text-[0.8125rem] leading-relaxed ${tone}`}>
      {sequence.length > 0 && <p>{sequence.join(' → ')}</p>}
      {later.length > 0 && <p>{`${sequence.length > 0 ? 'then also ' : ''}${later.join(', ')}`}</p>}
      {tools.length === 0 && <p className="font-sans">no tools</p>}
    </div>
  );
}
