import type { ChosenModel } from './model.ts';

/** Who answers, in one line for a page. */
export function modelLine({ label, isScripted }: Pick<ChosenModel, 'label' | 'isScripted'>): string {
  return isScripted
    ? 'A scripted model answers, offline: it uses one tool for each message, the one you name or else the next.'
    : `${label} answers.`;
}
