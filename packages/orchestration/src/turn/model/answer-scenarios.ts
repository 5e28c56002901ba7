import type { Scenario } from './scenario.ts';
import { answer, ask, end, oneOfEach, rewind, stepEnd, stop, turn, update } from './scripts.ts';

/** Turns that ask, and several who bring the answers, while others go on, roll back or rewind. */
export const answerScenarios = {
  answer: {
    scripts: [[turn('A', 'reject', ask), answer('A', stepEnd)], [answer('A', stepEnd)], [turn('B', 'reject', end)]],
    faults: oneOfEach,
    quickFaults: 2,
    reaches: ['begin ended:completed', 'begin finished:completed', 'begin not_pending', 'begin running'],
  },
  answerRolledBack: {
    scripts: [
      [turn('A', 'reject', ask), answer('A', stepEnd)],
      [{ ...turn('B', 'rollback', end), mayLeave: true }],
      [answer('A', end)],
    ],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin ended:rolled_back', 'begin finished:rolled_back'],
  },
  answerAndRewind: {
    scripts: [
      [turn('A', 'reject', ask), answer('A', end)],
      [stop('A'), rewind('A')],
      [answer('A', end), update('o1')],
    ],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin ended:stopped', 'begin finished:completed', 'rewind rewound'],
  },
} as const satisfies Readonly<Record<string, Scenario>>;
