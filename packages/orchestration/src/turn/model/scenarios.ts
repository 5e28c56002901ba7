import { answerScenarios } from './answer-scenarios.ts';
import type { Scenario } from './scenario.ts';
import {
  end,
  flushEnd,
  flushFlushEnd,
  flushStepEnd,
  noCopies,
  oneOfEach,
  rewind,
  stepEnd,
  stepFlushEnd,
  stop,
  turn,
  update,
} from './scripts.ts';

/** What the protocol is explored with: a few callers and turns, and a budget of faults. */
export const scenarios = {
  // One turn at a time, fencing, recovery.
  race: {
    scripts: [[turn('A', 'reject', flushStepEnd)], [turn('B', 'reject', stepEnd)], [turn('C', 'reject', end)]],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin ended:completed', 'begin lease_lost', 'begin rejected'],
  },
  raceOfTwo: {
    scripts: [[turn('A', 'reject', stepEnd)], [turn('B', 'reject', stepEnd)]],
    faults: { crash: 2, pause: 2, loss: 2, copy: 2 },
    quickFaults: 2,
    reaches: ['begin ended:completed', 'begin finished:crashed', 'begin lease_lost'],
  },
  // One turn, posted several times, also after a crash.
  sameTurn: {
    scripts: [
      [turn('A', 'reject', stepEnd), turn('A', 'reject', stepEnd)],
      [turn('A', 'reject', stepEnd)],
      [turn('B', 'reject', end)],
    ],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin finished:completed', 'begin finished:crashed', 'begin running'],
  },
  sameTurnOfTwo: {
    scripts: [[turn('A', 'reject', stepEnd)], [turn('A', 'reject', stepEnd)]],
    faults: oneOfEach,
    quickFaults: 4,
    reaches: ['begin finished:completed', 'begin lease_lost', 'begin running'],
  },
  sameTurnInLine: {
    scripts: [[turn('A', 'enqueue', stepEnd)], [turn('B', 'enqueue', end)], [turn('B', 'enqueue', end)]],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin finished:completed', 'begin running', 'begin waiting'],
  },
  // The overlap policies.
  enqueue: {
    scripts: [[turn('A', 'enqueue', end)], [turn('B', 'enqueue', end)], [turn('C', 'enqueue', end)]],
    faults: noCopies,
    quickFaults: 1,
    reaches: ['begin ended:completed', 'begin lease_lost'],
  },
  enqueueWithCopies: {
    scripts: [[turn('A', 'enqueue', end)], [turn('B', 'enqueue', end)], [turn('C', 'reject', end)]],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin ended:completed', 'begin rejected'],
  },
  leave: {
    scripts: [
      [turn('A', 'enqueue', end)],
      [{ ...turn('B', 'enqueue', end), mayLeave: true }],
      [turn('C', 'enqueue', end)],
    ],
    faults: noCopies,
    quickFaults: 1,
    reaches: ['begin left'],
  },
  leaveAndReturn: {
    scripts: [
      [turn('A', 'enqueue', flushEnd)],
      [{ ...turn('B', 'enqueue', end), mayLeave: true }, turn('B', 'enqueue', end)],
    ],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin finished:completed', 'begin left'],
  },
  interrupt: {
    scripts: [[turn('A', 'reject', stepFlushEnd)], [turn('B', 'interrupt', flushEnd)], [turn('C', 'interrupt', end)]],
    faults: noCopies,
    quickFaults: 0,
    reaches: ['begin ended:interrupted', 'begin rejected'],
  },
  interruptAfterAnother: {
    scripts: [
      [turn('A', 'enqueue', end), { do: 'delete' }],
      [turn('B', 'enqueue', flushEnd)],
      [turn('C', 'interrupt', end)],
    ],
    faults: noCopies,
    quickFaults: 0,
    reaches: ['begin ended:interrupted', 'begin not_found', 'delete deleted'],
  },
  rollback: {
    scripts: [[turn('A', 'reject', stepFlushEnd)], [turn('B', 'rollback', stepEnd)], [update('o1')]],
    faults: noCopies,
    quickFaults: 1,
    reaches: ['begin ended:rolled_back', 'begin lease_lost', 'update updated'],
  },
  steer: {
    scripts: [[turn('A', 'reject', flushStepEnd)], [turn('M', 'steer', end)], [turn('B', 'interrupt', end)]],
    faults: noCopies,
    quickFaults: 0,
    reaches: ['begin ended:interrupted', 'begin finished:steered'],
  },
  steerTwice: {
    scripts: [
      [turn('A', 'reject', flushStepEnd), turn('A', 'reject', flushStepEnd)],
      [turn('M', 'steer', end)],
      [turn('M', 'steer', end)],
    ],
    faults: noCopies,
    quickFaults: 1,
    reaches: ['begin finished:steered', 'begin waiting'],
  },
  // Stops.
  stop: {
    scripts: [
      [turn('A', 'reject', flushStepEnd), turn('B', 'reject', flushEnd)],
      [stop('A')],
      [turn('C', 'enqueue', flushEnd)],
    ],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin ended:stopped', 'stop asked'],
  },
  stopInLine: {
    scripts: [[turn('A', 'enqueue', flushEnd)], [turn('B', 'enqueue', flushEnd)], [stop('B')]],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin ended:stopped', 'begin stopped', 'stop asked'],
  },
  stopThatRunsOut: {
    scripts: [[turn('A', 'reject', flushStepEnd)], [stop('A')], [turn('C', 'interrupt', end)]],
    faults: noCopies,
    quickFaults: 1,
    reaches: ['begin ended:completed', 'begin ended:stopped'],
    letterTicks: 2,
  },
  // Updates by others.
  update: {
    scripts: [[turn('A', 'reject', stepEnd)], [update('o1')], [update('o2')]],
    faults: oneOfEach,
    quickFaults: 2,
    reaches: ['begin ended:completed', 'update unknown_outcome', 'update updated'],
    trailLength: 2,
  },
  updateOften: {
    scripts: [[update('o1')], [update('o2'), update('o3')], [turn('A', 'reject', end)]],
    faults: { crash: 1, loss: 2, copy: 1 },
    quickFaults: 2,
    reaches: ['update unknown_outcome', 'update updated'],
  },
  // Deletion and expiry.
  delete: {
    scripts: [[turn('A', 'reject', stepEnd)], [turn('B', 'enqueue', end)], [{ do: 'delete' }]],
    faults: oneOfEach,
    quickFaults: 1,
    reaches: ['begin not_found', 'delete deleted', 'delete not_found'],
  },
  deleteAmongMany: {
    scripts: [
      [turn('A', 'reject', flushEnd)],
      [{ do: 'delete' }],
      [update('o1'), stop('A')],
      [turn('M', 'steer', end)],
    ],
    faults: { crash: 1, loss: 1 },
    quickFaults: 0,
    reaches: ['begin finished:steered', 'delete deleted', 'stop not_found', 'update not_found'],
  },
  create: {
    scripts: [
      [{ ...turn('A', 'reject', stepEnd), creates: 'atOnce' }],
      [{ ...turn('B', 'enqueue', end), creates: 'ifAbsent' }],
      [{ do: 'delete' }],
    ],
    faults: noCopies,
    quickFaults: 2,
    reaches: ['begin ended:completed', 'begin not_found', 'delete deleted'],
    startsWithout: true,
  },
  expiry: {
    scripts: [
      [turn('A', 'reject', flushStepEnd)],
      [{ ...turn('B', 'enqueue', end), creates: 'ifAbsent' }],
      [stop('A'), update('o1')],
    ],
    faults: { pause: 1, loss: 1, expiry: 1 },
    quickFaults: 1,
    reaches: ['begin not_found', 'stop not_found', 'update not_found'],
  },
  // Rewinding.
  rewind: {
    scripts: [
      [turn('A', 'reject', stepEnd), turn('B', 'reject', end)],
      [rewind('A')],
      [turn('C', 'reject', end), update('o1')],
    ],
    faults: noCopies,
    quickFaults: 1,
    reaches: ['rewind rejected', 'rewind rewound', 'rewind unknown_turn'],
  },
  rewindToNothing: {
    scripts: [[turn('A', 'reject', stepEnd)], [rewind(null), turn('A', 'reject', stepEnd)]],
    faults: { crash: 1, pause: 1, loss: 2, copy: 1 },
    quickFaults: 2,
    reaches: ['begin finished:completed', 'rewind rewound'],
  },
  rewindTwice: {
    scripts: [[turn('A', 'reject', stepEnd)], [rewind(null)], [rewind(null)]],
    faults: { crash: 1, pause: 1, loss: 1 },
    quickFaults: 3,
    reaches: ['begin lease_lost', 'rewind rejected', 'rewind rewound'],
  },
  ...answerScenarios,
  // Readers.
  follow: {
    scripts: [[turn('A', 'reject', flushFlushEnd)], [{ do: 'follow', turn: 'A' }], [turn('B', 'interrupt', end)]],
    faults: noCopies,
    quickFaults: 2,
    reaches: ['follow died', 'follow followed', 'follow unknown_turn'],
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof scenarios;
