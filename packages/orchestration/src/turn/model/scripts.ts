import type { Act, Begin, Overlap, Rewind, Stop, Update } from './operations.ts';
import { answersTo, type TurnId } from './stored.ts';

/** Of what scenarios are made: what turns do, how much may go wrong, and what callers ask for. */

export const end = ['end'] as const;
export const ask = ['ask'] as const;
export const stepEnd = ['step', 'end'] as const;
export const flushEnd = ['flush', 'end'] as const;
export const flushStepEnd = ['flush', 'step', 'end'] as const;
export const stepFlushEnd = ['step', 'flush', 'end'] as const;
export const flushFlushEnd = ['flush', 'flush', 'end'] as const;

export const oneOfEach = { crash: 1, pause: 1, loss: 1, copy: 1 };
export const noCopies = { crash: 1, pause: 1, loss: 1 };

export function turn(id: TurnId, overlap: Overlap, acts: readonly Act[]): Begin {
  return { do: 'begin', turn: id, overlap, answers: null, acts, creates: 'never', mayLeave: false };
}

export function answer(id: TurnId, acts: readonly Act[]): Begin {
  return { ...turn(answersTo(id), 'reject', acts), answers: id };
}

export function stop(id: TurnId): Stop {
  return { do: 'stop', turn: id };
}

export function update(token: string): Update {
  return { do: 'update', token };
}

export function rewind(to: TurnId | null): Rewind {
  return { do: 'rewind', to };
}
