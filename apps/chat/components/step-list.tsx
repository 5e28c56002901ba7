import type { StepCard } from '../agents/index.ts';
import { sequenceProgress } from '../lib/sequence-progress.ts';
import { Porthole } from './porthole.tsx';

export type StepListProps = {
  readonly steps: readonly StepCard[];
  readonly activeStep: string | null;
  /** The tools that succeeded in this session, oldest call first. */
  readonly succeeded: readonly string[];
  readonly isBusy: boolean;
};

/** The workflow from top to bottom, each step a window, the active one lit. */
export function StepList({ steps, activeStep, succeeded, isBusy }: StepListProps) {
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
              <ToolsOf step={step} succeeded={isActive ? succeeded : null} />
            </div>
          </li>
        );
      })}
    </ol>
  );
}

type ToolsOfProps = {
  readonly step: StepCard;
  /** Null in a step that is not the active one. */
  readonly succeeded: readonly string[] | null;
};

function ToolsOf({ step, succeeded }: ToolsOfProps) {
  const { tools, sequence } = step;
  const done = succeeded === null ? null : sequenceProgress(step, succeeded);
  const isWaiting = done !== null && done < sequence.length;
  const others = tools.filter((tool) => !sequence.includes(tool));
  const tone = done === null || isWaiting ? 'text-ink-soft' : 'text-ink';
  return (
    <div className="mt-2 space-y-1 font-mono text-[0.8125rem] leading-relaxed">
      {sequence.length > 0 && <Sequence tools={sequence} done={done} />}
      {others.length > 0 && <p className={tone}>{`${sequence.length > 0 ? 'then also ' : ''}${others.join(', ')}`}</p>}
      {tools.length === 0 && <p className="font-sans text-ink-soft">no tools</p>}
    </div>
  );
}

/** Tools that come one after the other. Of those of the active step, the done ones are ticked off and the next is named. */
function Sequence({ tools, done }: { readonly tools: readonly string[]; readonly done: number | null }) {
  return (
    <ol aria-label="In this order" className="flex flex-wrap gap-x-2 text-ink-soft">
      {tools.map((tool, index) => {
        const isDone = done !== null && index < done;
        const isNext = index === done;
        return (
          <li key={`${index}-${tool}`} aria-current={isNext ? 'true' : undefined} className="whitespace-nowrap">
            {isDone && <span className="text-brass">✓ </span>}
            <span className={isNext ? 'font-semibold text-ink' : isDone ? 'line-through' : ''}>{tool}</span>
            {isDone && <span className="sr-only"> done</span>}
            {isNext && <span className="ml-1.5 font-sans text-brass">next</span>}
            {index < tools.length - 1 && <span aria-hidden="true"> →</span>}
          </li>
        );
      })}
    </ol>
  );
}
