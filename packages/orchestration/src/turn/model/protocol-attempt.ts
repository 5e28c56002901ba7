import { type Closing, type Context, type Draft, type GuardedChange, type GuardedCheck, pendingOf } from './pending.ts';
import { closeDeadTurn } from './protocol-close.ts';
import { nextRecord } from './next-record.ts';
import { placeOf, type SeenSession, sessionReads } from './seen-session.ts';
import { guardVersion, markOf, questionOf, type Run, streamOf, ticketOf, type TurnId, type Version } from './stored.ts';
import type { BeginTask, Move } from './tasks.ts';

/** An attempt at an answer. */
export type Answering = {
  /** Whether it takes the question; else an earlier one has. */
  readonly takes: boolean;
  /** Whether an earlier one has left the message in the history. */
  readonly isInputStored: boolean;
  /** Where an earlier one has come to nothing: how many turns there are, the last of which that was. */
  readonly turns: number | null;
};

const notAnswering: Answering = { takes: false, isInputStored: false, turns: null };

/** Begins the turn if the session still is as it was seen: nobody runs, and nobody alive waits ahead. */
export function attempt(
  task: BeginTask,
  { answering = notAnswering, ...seen }: SeenSession & { readonly answering?: Answering },
  context: Context,
): Move {
  const { turn } = task.operation;
  const version = context.mint();
  const { ahead, behind } = placeOf(turn, seen);
  const { run, closes, checks, changes } = succession({ task, seen, answering, version }, context);
  const note = { closes, creates: false, takes: answering.takes };
  return begin({ task, run, version, note, mark: seen.mark?.version ?? null }, context, {
    checks: [
      { guard: 'begin.guard', key: 'guard', version: guardVersion },
      { guard: 'begin.queue', key: 'queue', version: seen.queue?.version ?? null },
      ...ahead.map((each) => ({ guard: 'begin.ahead', key: ticketOf(each), version: null }) as const),
      ...checks,
    ],
    changes: [...(seen.queue === null ? [] : [cutLine(behind, version)]), ...changes],
  });
}

/** Makes the session and begins the turn in it, if there is no session. */
export function createAndBegin(task: BeginTask, context: Context): Move {
  const version = context.mint();
  const record = { state: [], open: null, lists: [], trail: [] };
  const note = { closes: null, creates: true, takes: false };
  return begin({ task, run: firstRun(task, notAnswering), version, note, mark: null }, context, {
    checks: [
      { guard: 'create.guard', key: 'guard', version: null },
      { guard: 'begin.queue', key: 'queue', version: null },
      { guard: 'begin.run', key: 'run', version: null },
    ],
    changes: [
      { type: 'set', key: 'record', value: record, version, life: 'ever' },
      { type: 'set', key: 'guard', value: 'session', version: guardVersion, life: 'ever' },
    ],
  });
}

type Beginning = {
  readonly task: BeginTask;
  readonly run: Run;
  readonly version: Version;
  readonly note: { readonly closes: Closing | null; readonly creates: boolean; readonly takes: boolean };
  /** The version of the mark of an attempt that came to nothing. */
  readonly mark: Version | null;
};

type Parts = { readonly checks: readonly GuardedCheck[]; readonly changes: readonly GuardedChange[] };

/** The message is stored with the run, and so is durable once this is answered. */
function begin({ task, run, version, note, mark }: Beginning, context: Context, parts: Parts): Move {
  const { turn, answers } = task.operation;
  const own = context.off.has('begin.oneVersion') ? version : task.receipt;
  const draft: Draft = {
    note: { act: 'begin', turn, answers, ...note },
    receipt: { key: 'run', version: own },
    checks: [{ guard: 'begin.unmarked', key: markOf(turn), version: mark }, ...parts.checks],
    changes: [
      { type: 'set', key: 'run', value: run, version: own, life: 'ever' },
      { type: 'set', key: 'lease', value: turn, version: own, life: 'lease' },
      ...(task.ticket === null ? [] : [{ type: 'delete', key: ticketOf(turn) } as const]),
      ...parts.changes,
    ],
    ...sessionReads(task.operation, context),
  };
  return { task: { ...task, phase: 'begin' }, pending: pendingOf(draft, context) };
}

type Attempt = {
  readonly task: BeginTask;
  readonly seen: SeenSession;
  readonly answering: Answering;
  readonly version: Version;
};
type Succession = Parts & { readonly run: Run; readonly closes: Closing | null };

/** What is to be done about the run that was seen: none, one of this very turn to take up again, or one to close. */
function succession({ task, seen, answering, version }: Attempt, context: Context): Succession {
  const { run, record } = seen;
  const { turn, answers } = task.operation;
  if (run === null || record === null) {
    const check = { guard: 'begin.run', key: 'run', version: null } as const;
    const { checks, changes } = question({ task, seen, answering, version }, context);
    return { run: firstRun(task, answering), closes: null, checks: [check, ...checks], changes };
  }
  if (run.value.turn !== turn || answers !== null) {
    const rollsBack = task.overlap === 'rollback';
    return { run: firstRun(task, answering), ...closeDeadTurn({ run, record, rollsBack }, version, context) };
  }
  const input = context.off.has('again.input') ? [] : run.value.input;
  return {
    run: { turn, attempt: run.value.attempt + 1, input },
    closes: null,
    checks: [
      { guard: 'again.run', key: 'run', version: run.version },
      { guard: 'again.lease', key: 'lease', version: null },
    ],
    changes: [{ type: 'append', key: streamOf(turn), items: ['again'], life: 'ever' }],
  };
}

/** Takes the question out of the state; or tries again, where nothing has come since that was done. */
function question({ task, seen: { record }, answering, version }: Attempt, context: Context): Parts {
  const { takes, turns } = answering;
  if (turns !== null) return { checks: [{ guard: 'retry.turns', key: 'turns', length: turns }], changes: [] };
  if (!takes || record === null) return { checks: [], changes: [] };
  const open = questionOf(task.operation.answers ?? '');
  const value = nextRecord(record, { state: record.value.state.filter((token) => token !== open) }, context);
  return {
    checks: [{ guard: 'answer.record', key: 'record', version: record.version }],
    changes: [{ type: 'set', key: 'record', value, version, life: 'ever' }],
  };
}

function firstRun(task: BeginTask, { isInputStored }: Answering): Run {
  const { turn } = task.operation;
  return { turn, attempt: task.attempt, input: isInputStored ? [] : [`${turn}.in`] };
}

/** All up to the turn that begins leave the line: who stood before it is gone. */
function cutLine(behind: readonly TurnId[], version: Version): GuardedChange {
  if (behind.length === 0) return { type: 'delete', key: 'queue' };
  return { type: 'set', key: 'queue', value: behind, version, life: 'ever' };
}
