import { type Context, type Draft, pendingOf } from './pending.ts';
import type { Found } from './reply.ts';
import { mailbox, sessionReads } from './seen-session.ts';
import { guardVersion, type Run } from './stored.ts';
import type { BeginTask, Move } from './tasks.ts';

/** Steering: the turn's message goes to the running turn as a letter, and is watched until that has taken it or is over. */

export function steer(task: BeginTask, run: Found<Run>, context: Context): Move {
  const { turn } = task.operation;
  const draft: Draft = {
    note: { act: 'steer', turn },
    checks: [{ guard: 'steer.guard', key: 'guard', version: guardVersion }],
    changes: [{ type: 'append', key: mailbox(run.value.turn, context), items: [turn], life: 'letter' }],
    ...sessionReads(task.operation, context),
  };
  return { task: { ...task, phase: 'steer', steeredInto: run.version }, pending: pendingOf(draft, context) };
}

export function watch(task: BeginTask, context: Context): Move {
  const draft: Draft = { note: { act: 'watch' }, ...sessionReads(task.operation, context) };
  return { task: { ...task, phase: 'watch' }, pending: pendingOf(draft, context) };
}
