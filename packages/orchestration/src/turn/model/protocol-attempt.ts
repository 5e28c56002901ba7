import type { Begin } from './operations.ts';
import { type Closing, type Context, type Draft, type GuardedChange, type GuardedCheck, pendingOf } from './pending.ts';
import { closeDeadTurn } from './protocol-close.ts';
import { placeOf, type SeenSession, sessionReads } from './seen-session.ts';
import { guardVersion, markOf, type Run, streamOf, ticketOf, type TurnId, type Version } from './stored.ts';
import type { BeginTask, Move } from './tasks.ts';

/** Begins the turn if the session still is as it was seen: nobody runs, and nobody alive waits ahead. */
export function attempt(task: BeginTask, seen: SeenSession, context: Context): Move {
  const { turn } = task.operation;
  const version = context.mint();
  const { ahead, behind } = placeOf(turn, seen);
  const { run, closes, checks, changes } = succession({ task, seen, version }, context);
  return begin({ task, run, version, closes, creates: false }, context, {
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
  return begin({ task, run: firstRun(task.operation), version, closes: null, creates: true }, context, {
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
  readonly closes: Closing | null;
  readonly creates: boolean;
};

type Parts = { readonly checks: readonly GuardedCheck[]; readonly changes: readonly GuardedChange[] };

/** The message is stored with the run, and so is durable once this is answered. */
function begin({ task, run, version, closes, creates }: Beginning, context: Context, parts: Parts): Move {
  const { turn } = task.operation;
  const own = context.off.has('begin.oneVersion') ? version : task.receipt;
  const draft: Draft = {
    note: { act: 'begin', turn, closes, creates },
    receipt: { key: 'run', version: own },
    checks: [{ guard: 'begin.unmarked', key: markOf(turn), version: null }, ...parts.checks],
    changes: [
      { type: 'set', key: 'run', value: run, version: own, life: 'ever' },
      { type: 'set', key: 'lease', value: turn, version: own, life: 'lease' },
      ...(task.ticket === null ? [] : [{ type: 'delete', key: ticketOf(turn) } as const]),
      ...parts.changes,
    ],
    ...sessionReads(turn, context),
  };
  return { task: { ...task, phase: 'begin' }, pending: pendingOf(draft, context) };
}

type Attempt = { readonly task: BeginTask; readonly seen: SeenSession; readonly version: Version };
type Succession = Parts & { readonly run: Run; readonly closes: Closing | null };

/** What is to be done about the run that was seen: none, one of this very turn to take up again, or one to close. */
function succession({ task, seen, version }: Attempt, context: Context): Succession {
  const { run, record } = seen;
  const { turn } = task.operation;
  if (run === null || record === null) {
    const check = { guard: 'begin.run', key: 'run', version: null } as const;
    return { run: firstRun(task.operation), closes: null, checks: [check], changes: [] };
  }
  if (run.value.turn !== turn) {
    const rollsBack = task.overlap === 'rollback';
    return { run: firstRun(task.operation), ...closeDeadTurn({ run, record, rollsBack }, version, context) };
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

function firstRun({ turn }: Begin): Run {
  return { turn, attempt: 1, input: [`${turn}.in`] };
}

/** All up to the turn that begins leave the line: who stood before it is gone. */
function cutLine(behind: readonly TurnId[], version: Version): GuardedChange {
  if (behind.length === 0) return { type: 'delete', key: 'queue' };
  return { type: 'set', key: 'queue', value: behind, version, life: 'ever' };
}
