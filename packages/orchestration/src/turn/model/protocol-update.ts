import { nextRecord, withToken } from './next-record.ts';
import type { Update } from './operations.ts';
import { type Context, type Draft, type Pending, pendingOf, tookEffect } from './pending.ts';
import type { Found, Reply } from './reply.ts';
import type { SessionRecord } from './stored.ts';
import type { Move, UpdateTask } from './tasks.ts';

/** Anybody who changes the state, also while a turn runs. */

export function startUpdate(operation: Update, context: Context): Move {
  const draft: Draft = { note: { act: 'read' }, entries: ['record'] };
  return { task: { role: 'update', operation, written: null }, pending: pendingOf(draft, context) };
}

export function answerUpdate(
  { task, pending }: { readonly task: UpdateTask; readonly pending: Pending },
  reply: Reply,
  context: Context,
): Move {
  const record = reply.entry('record');
  const { written, operation } = task;
  if (written !== null && tookEffect(pending, reply, context)) return { result: 'updated' };
  if (record === null) return { result: 'not_found' };
  const { trail } = record.value;
  if (written !== null && trail.includes(written.version)) return { result: 'updated' };
  const isAsIt = written?.over === record.version || (written !== null && trail.includes(written.over));
  // More was written since than the trail tells of.
  if (written !== null && reply.isOfResent && !isAsIt && !context.off.has('update.outcome')) {
    return { result: 'unknown_outcome' };
  }
  return write(operation, record, context);
}

/** In an open turn the state before it is changed too, so that to roll the turn back does not lose the change. */
function write(operation: Update, record: Found<SessionRecord>, context: Context): Move {
  const { token } = operation;
  const { state, open } = record.value;
  const version = context.mint();
  const changes = {
    state: withToken(state, token),
    open: open === null || context.off.has('update.before') ? open : { ...open, before: withToken(open.before, token) },
  };
  const draft: Draft = {
    note: { act: 'update', token },
    receipt: { key: 'record', version },
    checks: [{ guard: 'update.record', key: 'record', version: record.version }],
    changes: [{ type: 'set', key: 'record', value: nextRecord(record, changes, context), version, life: 'ever' }],
    entries: ['record'],
  };
  const written = { version, over: record.version };
  return { task: { role: 'update', operation, written }, pending: pendingOf(draft, context) };
}
