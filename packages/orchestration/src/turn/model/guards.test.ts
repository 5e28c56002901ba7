import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import type { Fault } from './faults.ts';
import { type Guard, guards } from './guards.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';
import type { ViolationKind } from './violation.ts';

type Removal = {
  readonly guard: Guard;
  /** A scenario that finds it missing, and the faults that this takes, once each. */
  readonly scenario: ScenarioName;
  readonly faults: readonly Fault[];
  readonly kind: ViolationKind;
  /** How many events lead to the violation, at the least. */
  readonly events: number;
};

const each: readonly Fault[] = ['crash', 'pause', 'loss', 'copy'];

const removals: readonly Removal[] = [
  { guard: 'begin.guard', scenario: 'create', faults: [], kind: 'delete', events: 1 },
  { guard: 'begin.unmarked', scenario: 'sameTurnInLine', faults: [], kind: 'idempotency', events: 3 },
  { guard: 'begin.run', scenario: 'raceOfTwo', faults: [], kind: 'two turns', events: 2 },
  { guard: 'begin.queue', scenario: 'enqueueWithCopies', faults: [], kind: 'line', events: 5 },
  { guard: 'begin.ahead', scenario: 'enqueueWithCopies', faults: [], kind: 'line', events: 6 },
  { guard: 'begin.letters', scenario: 'stop', faults: [], kind: 'stop', events: 3 },
  { guard: 'begin.oneVersion', scenario: 'enqueueWithCopies', faults: ['copy'], kind: 'lost reply', events: 6 },
  { guard: 'again.run', scenario: 'sameTurnOfTwo', faults: each, kind: 'history', events: 13 },
  { guard: 'again.lease', scenario: 'sameTurnOfTwo', faults: each, kind: 'two turns', events: 11 },
  { guard: 'again.input', scenario: 'sameTurnOfTwo', faults: ['pause'], kind: 'lost message', events: 5 },
  { guard: 'answer.look', scenario: 'answer', faults: [], kind: 'question', events: 1 },
  { guard: 'answer.last', scenario: 'answer', faults: [], kind: 'question', events: 6 },
  { guard: 'answer.dead', scenario: 'answer', faults: ['pause'], kind: 'stuck', events: 5 },
  { guard: 'answer.record', scenario: 'answer', faults: [], kind: 'question', events: 6 },
  { guard: 'answer.once', scenario: 'answer', faults: ['pause'], kind: 'false alarm', events: 7 },
  { guard: 'answer.attempt', scenario: 'answerAndRewind', faults: ['pause'], kind: 'question', events: 13 },
  { guard: 'answer.act', scenario: 'answer', faults: ['pause'], kind: 'question', events: 8 },
  { guard: 'retry.last', scenario: 'answer', faults: ['pause'], kind: 'question', events: 11 },
  { guard: 'retry.turns', scenario: 'answerRolledBack', faults: ['copy'], kind: 'question', events: 16 },
  { guard: 'create.guard', scenario: 'create', faults: [], kind: 'state', events: 4 },
  { guard: 'close.lease', scenario: 'create', faults: ['pause', 'loss'], kind: 'two turns', events: 8 },
  { guard: 'close.record', scenario: 'rollback', faults: ['pause'], kind: 'state', events: 7 },
  { guard: 'close.recordWritten', scenario: 'raceOfTwo', faults: ['crash'], kind: 'records', events: 3 },
  { guard: 'close.mark', scenario: 'sameTurn', faults: ['pause'], kind: 'idempotency', events: 7 },
  { guard: 'close.input', scenario: 'raceOfTwo', faults: ['crash'], kind: 'lost message', events: 3 },
  { guard: 'close.inputOnce', scenario: 'raceOfTwo', faults: ['crash'], kind: 'doubled', events: 4 },
  { guard: 'close.inputDropped', scenario: 'rollback', faults: ['pause'], kind: 'rollback', events: 5 },
  { guard: 'join.guard', scenario: 'create', faults: [], kind: 'delete', events: 5 },
  { guard: 'join.oneVersion', scenario: 'enqueueWithCopies', faults: ['copy'], kind: 'lost reply', events: 10 },
  { guard: 'join.queue', scenario: 'enqueueWithCopies', faults: [], kind: 'line', events: 7 },
  { guard: 'join.ticket', scenario: 'sameTurnInLine', faults: [], kind: 'line', events: 5 },
  { guard: 'poll.guard', scenario: 'interruptAfterAnother', faults: [], kind: 'delete', events: 8 },
  { guard: 'leave.ticket', scenario: 'leaveAndReturn', faults: ['copy'], kind: 'line', events: 8 },
  { guard: 'steer.guard', scenario: 'deleteAmongMany', faults: [], kind: 'delete', events: 5 },
  { guard: 'stop.guard', scenario: 'deleteAmongMany', faults: [], kind: 'delete', events: 4 },
  { guard: 'letters.bound', scenario: 'stop', faults: [], kind: 'stop', events: 3 },
  { guard: 'flush.lease', scenario: 'race', faults: ['pause'], kind: 'fencing', events: 4 },
  { guard: 'step.lease', scenario: 'raceOfTwo', faults: ['pause'], kind: 'fencing', events: 4 },
  { guard: 'step.record', scenario: 'update', faults: [], kind: 'state', events: 4 },
  { guard: 'step.input', scenario: 'raceOfTwo', faults: [], kind: 'lost message', events: 2 },
  { guard: 'take.mark', scenario: 'steerTwice', faults: [], kind: 'doubled', events: 7 },
  { guard: 'end.lease', scenario: 'raceOfTwo', faults: ['pause'], kind: 'fencing', events: 5 },
  { guard: 'end.record', scenario: 'update', faults: [], kind: 'state', events: 5 },
  { guard: 'end.mark', scenario: 'sameTurnInLine', faults: [], kind: 'idempotency', events: 3 },
  { guard: 'end.release', scenario: 'enqueue', faults: [], kind: 'lease', events: 2 },
  { guard: 'end.input', scenario: 'enqueue', faults: [], kind: 'lost message', events: 2 },
  { guard: 'ask.ending', scenario: 'answerAndRewind', faults: [], kind: 'state', events: 3 },
  { guard: 'lease.version', scenario: 'follow', faults: ['loss'], kind: 'stream', events: 3 },
  { guard: 'lease.life', scenario: 'raceOfTwo', faults: ['crash'], kind: 'stuck', events: 3 },
  { guard: 'ticket.life', scenario: 'enqueue', faults: ['crash'], kind: 'stuck', events: 7 },
  { guard: 'reply.receipt', scenario: 'raceOfTwo', faults: ['loss'], kind: 'false alarm', events: 3 },
  { guard: 'record.trail', scenario: 'updateOften', faults: ['loss'], kind: 'false alarm', events: 5 },
  { guard: 'update.record', scenario: 'updateOften', faults: [], kind: 'state', events: 4 },
  { guard: 'update.before', scenario: 'rollback', faults: [], kind: 'state', events: 4 },
  { guard: 'update.outcome', scenario: 'updateOften', faults: ['loss'], kind: 'update', events: 8 },
  { guard: 'delete.record', scenario: 'delete', faults: [], kind: 'delete', events: 4 },
  { guard: 'delete.run', scenario: 'deleteAmongMany', faults: [], kind: 'delete', events: 4 },
  { guard: 'delete.queue', scenario: 'create', faults: [], kind: 'delete', events: 5 },
  { guard: 'rewind.run', scenario: 'rewindToNothing', faults: [], kind: 'rewind', events: 3 },
  { guard: 'rewind.record', scenario: 'rewind', faults: [], kind: 'rewind', events: 7 },
  { guard: 'follow.snapshot', scenario: 'follow', faults: [], kind: 'follow', events: 6 },
];

/**
 * Without these there is no violation in any scenario with all its faults, of which every state was visited.
 * `answer.open`: a question is taken while its turn is the last one, and who has taken it has come after that.
 * `close.run`: a closing checks the record and the lease too, and no closing leaves the record as it was.
 * `take.unmarked`: a letter is bound to one turn, and its sender begins no turn of its own before that one is over.
 * In the storage they stand for what the others happen to imply.
 */
const implied: readonly Guard[] = ['answer.open', 'close.run', 'take.unmarked'];

const showsTraces = process.env['MODEL_TRACES'] !== undefined;

describe('the turn protocol', () => {
  it.each(removals)(
    'needs $guard: without it, "$scenario" comes to a violation ($kind) in $events events',
    ({ guard, scenario, faults, kind, events }) => {
      const once = Object.fromEntries(faults.map((fault) => [fault, 1]));
      const { violation } = explore({ ...scenarios[scenario], faults: once }, { off: [guard] });
      const trace = violation?.trace ?? [];
      if (showsTraces) process.stdout.write(`${guard}\n  ${trace.join('\n  ')}\n  ✗ ${violation?.message}\n`);
      expect([violation?.kind, trace.length]).toEqual([kind, events]);
    },
    60_000,
  );

  it('has no guard of which this is not asked', () => {
    const asked = removals.map(({ guard }) => guard);
    expect([...asked, ...implied].toSorted()).toEqual(guards.toSorted());
  });
});
