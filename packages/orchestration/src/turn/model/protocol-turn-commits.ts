import { listsWith, nextRecord, withToken } from './next-record.ts';
import { type Context, type Draft, type GuardedChange, type GuardedCheck, type Pending, pendingOf } from './pending.ts';
import { mailbox } from './seen-session.ts';
import {
  type EndStatus,
  lettersOf,
  markOf,
  type OpenTurn,
  questionOf,
  type SessionRecord,
  streamOf,
  type TurnId,
  type TurnRecord,
  type Version,
} from './stored.ts';
import type { TurnTask } from './tasks.ts';

/** The commits of a running turn. All check its lease; those that tell the history check the record too. */

export function flushCommit(task: TurnTask, context: Context): Pending {
  const { turn } = task.operation;
  const version = context.mint();
  const chunk = `${turn}.${task.attempt}.c${task.flushes}`;
  const draft: Draft = {
    note: { act: 'flush', turn },
    receipt: { key: 'lease', version },
    checks: [{ guard: 'flush.lease', key: 'lease', version: task.lease }],
    changes: [renewed(turn, version, context), { type: 'append', key: streamOf(turn), items: [chunk], life: 'ever' }],
    entries: ['lease', 'record'],
    lists: [{ key: mailbox(turn, context) }],
  };
  return pendingOf(draft, context);
}

export function stepCommit(task: TurnTask, context: Context): Pending {
  const { turn } = task.operation;
  const version = context.mint();
  const open = openPart(task);
  const message = `${turn}.${open.steps + 1}`;
  const written = {
    state: withToken(task.record.value.state, message),
    open: { ...open, steps: open.steps + 1, taken: [...open.taken, ...task.taking] },
    lists: listsWith(task.record.value, ['messages']),
  };
  const draft: Draft = {
    note: { act: 'step', turn },
    receipt: { key: 'lease', version },
    checks: [{ guard: 'step.lease', key: 'lease', version: task.lease }, ...unlessChanged(task, 'step.record')],
    changes: [
      renewed(turn, version, context),
      said(task, message, context),
      { type: 'set', key: 'record', value: nextRecord(task.record, written, context), version, life: 'ever' },
      ...takenMarks(task, version),
    ],
    entries: ['lease', 'record', ...task.taking.map(markOf)],
    lists: [{ key: mailbox(turn, context) }],
  };
  return pendingOf(draft, context);
}

/** Everything at once: history, state, turn record, mark, the end of the stream, and the way free for the next turn. */
export function endCommit(task: TurnTask, context: Context): Pending {
  const { turn } = task.operation;
  const version = context.mint();
  const status = statusOf(task);
  const isInputStored = task.input.length === 0 || status !== 'rolled_back';
  const { history, written, record } = outcome(task, status, context);
  const draft: Draft = {
    note: { act: 'end', turn, status },
    receipt: { key: markOf(turn), version },
    checks: [{ guard: 'end.lease', key: 'lease', version: task.lease }, ...unlessChanged(task, 'end.record')],
    changes: [
      {
        guard: 'end.mark',
        type: 'set',
        key: markOf(turn),
        value: { status, turn, isInputStored },
        version,
        life: 'ever',
      },
      ...history,
      { type: 'set', key: 'record', value: written, version, life: 'ever' },
      ...takenMarks(task, version),
      { type: 'append', key: 'turns', items: [record], life: 'ever' },
      { type: 'append', key: streamOf(turn), items: [`end:${status}`], life: 'ever' },
      { guard: 'end.release', type: 'delete', key: 'lease' },
      { type: 'delete', key: 'run' },
      { type: 'delete', key: lettersOf(turn) },
    ],
    entries: ['lease', 'record', markOf(turn), ...task.taking.map(markOf)],
  };
  return pendingOf(draft, context);
}

/** What it was asked to end as goes before what it meant to. */
export function statusOf({ asked, rest }: Pick<TurnTask, 'asked' | 'rest'>): EndStatus {
  return asked ?? (rest[0] === 'ask' ? 'waiting' : 'completed');
}

type Outcome = {
  readonly history: readonly GuardedChange[];
  readonly written: SessionRecord;
  readonly record: TurnRecord;
};

/** Rolled back, a turn leaves its record and nothing else: its message goes with the run. */
function outcome(task: TurnTask, status: EndStatus, context: Context): Outcome {
  const { turn } = task.operation;
  const { record } = task;
  const open = openPart(task);
  const rollsBack = status === 'rolled_back';
  const ended = withToken(record.value.state, `${turn}.end`);
  const asks = status === 'waiting' || (context.off.has('ask.ending') && task.operation.acts.includes('ask'));
  const after = rollsBack ? open.before : asks ? withToken(ended, questionOf(turn)) : ended;
  const lists = listsWith(record.value, rollsBack ? ['turns'] : ['messages', 'turns']);
  const cut: readonly GuardedChange[] =
    open.steps === 0 ? [] : [{ type: 'truncate', key: 'messages', length: open.base }];
  return {
    history: rollsBack ? cut : [said(task, `${turn}.end`, context)],
    written: nextRecord(record, { state: after, open: null, lists }, context),
    record: { turn, status, taken: [...open.taken, ...task.taking], after },
  };
}

function openPart({ operation: { turn }, record: { value }, base }: TurnTask): OpenTurn {
  if (value.open?.turn === turn) return value.open;
  return { turn, base, steps: 0, taken: [], before: value.state };
}

/** The messages that a step or the end adds: first the turn's own, if no step has, and those it was steered with. */
function said(task: TurnTask, message: string, { off }: Context): GuardedChange {
  const isFirst = openPart(task).steps === 0;
  const isForgotten = off.has(message.endsWith('.end') ? 'end.input' : 'step.input');
  const input = isFirst && !isForgotten ? task.input : [];
  const steered = task.taking.map((each) => `${each}.in`);
  return { type: 'append', key: 'messages', items: [...input, ...steered, message], life: 'ever' };
}

/** A new version with each renewal, so that one that is sent twice refuses itself and doubles no chunk. */
function renewed(turn: TurnId, version: Version, { off }: Context): GuardedChange {
  if (off.has('lease.version')) return { type: 'touch', key: 'lease', life: 'lease' };
  return { type: 'set', key: 'lease', value: turn, version, life: 'lease' };
}

function unlessChanged({ record, taking }: TurnTask, guard: 'step.record' | 'end.record'): readonly GuardedCheck[] {
  const unmarked = taking.map((each) => ({ guard: 'take.unmarked', key: markOf(each), version: null }) as const);
  return [{ guard, key: 'record', version: record.version }, ...unmarked];
}

function takenMarks({ taking, operation: { turn } }: TurnTask, version: Version): readonly GuardedChange[] {
  const value = { status: 'steered', into: turn } as const;
  return taking.map((each) => ({ guard: 'take.mark', type: 'set', key: markOf(each), value, version, life: 'ever' }));
}
