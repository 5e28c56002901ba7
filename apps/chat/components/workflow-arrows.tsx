'use client';

import type { WorkflowArrow } from '@stateroom/orchestration';
import { type RefObject, useLayoutEffect, useState } from 'react';
import { drawArrows, type StepPlace } from '../lib/arrow-paths.ts';

export type WorkflowArrowsProps = {
  /** The list of the steps, each of which has its name as `data-step` on its porthole. */
  readonly list: RefObject<HTMLElement | null>;
  readonly arrows: readonly WorkflowArrow[];
  readonly activeStep: string | null;
};

/** The ways between the steps, drawn beside their list. In words they stand in the list itself. */
export function WorkflowArrows({ list, arrows, activeStep }: WorkflowArrowsProps) {
  const places = usePlaces(list);
  const { paths } = drawArrows(arrows, places);
  const ordered = paths.toSorted((one, other) => Number(one.from === activeStep) - Number(other.from === activeStep));
  return (
    <svg aria-hidden="true" className="pointer-events-none absolute top-0 left-0 h-full w-px overflow-visible">
      {ordered.map(({ from, to, because, isChoice, path, head }) => {
        const tone = from === activeStep ? 'text-brass' : 'text-ink-soft/60';
        return (
          <g key={`${from} ${to} ${because}`} className={tone}>
            <path
              d={path}
              fill="none"
              stroke="currentColor"
              strokeWidth={from === activeStep ? 1.75 : 1.25}
              strokeDasharray={isChoice ? '3 3' : undefined}
            />
            <polygon points={head} fill="currentColor" />
          </g>
        );
      })}
    </svg>
  );
}

/** Where the portholes are, also after the list has changed its size. */
function usePlaces(list: RefObject<HTMLElement | null>): readonly StepPlace[] {
  const [places, setPlaces] = useState<readonly StepPlace[]>([]);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const measure = () => setPlaces(placesIn(element));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const step of element.children) observer.observe(step);
    measure();
    return () => observer.disconnect();
  }, [list]);
  return places;
}

function placesIn(list: HTMLElement): StepPlace[] {
  const top = list.getBoundingClientRect().top;
  return [...list.querySelectorAll<HTMLElement>('[data-step]')].map((step) => {
    const box = step.getBoundingClientRect();
    return { name: step.dataset['step'] ?? '', y: box.top - top + box.height / 2 };
  });
}
