import type { WorkflowArrow } from '@stateroom/orchestration';
import { useRef } from 'react';
import type { StepCard } from '../agents/index.ts';
import { drawArrows } from '../lib/arrow-paths.ts';
import { Porthole } from './porthole.tsx';
import { StepTools } from './step-tools.tsx';
import { WorkflowArrows } from './workflow-arrows.tsx';

export type StepListProps = {
  readonly steps: readonly StepCard[];
  readonly arrows: readonly WorkflowArrow[];
  readonly activeStep: string | null;
  /** The tools that succeeded in this session, oldest call first. */
  readonly succeeded: readonly string[];
  readonly isBusy: boolean;
};

/** The workflow from top to bottom, each step a window, the active one lit, and the ways between them. */
export function StepList({ steps, arrows, activeStep, succeeded, isBusy }: StepListProps) {
  const list = useRef<HTMLOListElement>(null);
  const places = steps.map(({ name }, index) => ({ name, y: index }));
  const gutter = drawArrows(arrows, places).width;
  return (
    <div className="relative" style={{ paddingInlineStart: gutter }}>
      <ol ref={list} aria-label="Workflow">
        {steps.map((step) => {
          const isActive = step.name === activeStep;
          return (
            <li
              key={step.name}
              aria-current={isActive ? 'step' : undefined}
              className="grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3 pb-6 last:pb-0"
            >
              <span data-step={step.name} className="size-5">
                <Porthole isLit={isActive} isBusy={isActive && isBusy} className="size-5" />
              </span>
              <div>
                <h3 className={`leading-5 ${isActive ? 'font-semibold' : ''}`}>
                  {step.name}
                  {isActive && <span className="ml-2 text-sm font-normal text-brass">now</span>}
                </h3>
                <p className="mt-1 text-sm leading-relaxed text-ink-soft">{step.description}</p>
                <StepTools step={step} succeeded={isActive ? succeeded : null} />
                <Ways arrows={arrows.filter(({ from }) => from === step.name)} isActive={isActive} />
              </div>
            </li>
          );
        })}
      </ol>
      {/* Behind the list, which is there to be measured by then. */}
      <div className="absolute inset-y-0" style={{ insetInlineStart: gutter + 10 }}>
        <WorkflowArrows list={list} arrows={arrows} activeStep={activeStep} />
      </div>
    </div>
  );
}

type WaysProps = { readonly arrows: readonly WorkflowArrow[]; readonly isActive: boolean };

/** Where a step leads to, in words; of the others the drawing says it, to those who see it. */
function Ways({ arrows, isActive }: WaysProps) {
  if (arrows.length === 0) return null;
  return (
    <ul aria-label="Leads to" className={isActive ? 'mt-2 space-y-1 text-sm text-ink-soft' : 'sr-only'}>
      {arrows.map(({ to, because, isChoice }) => (
        <li key={`${to} ${because}`} className="leading-snug wrap-anywhere">
          <span className="text-brass" aria-hidden="true">
            →{' '}
          </span>
          <span className="text-ink">{to}</span>
          {isChoice ? `, if ${because} says so` : `, once ${because}`}
        </li>
      ))}
    </ul>
  );
}
