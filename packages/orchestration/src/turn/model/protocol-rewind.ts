import { nextRecord } from './next-record.ts';
import { type Context, type Draft, type Pending, pendingOf, tookEffect } from './pending.ts';
import type { Rewind } from './operations.ts';
import { closeDeadTurn } from './protocol-close.ts';
import { gone, partsOf } from './protocol-delete.ts';
import type { Found, Reply } from './reply.ts';
import { guardVersion, type Run, type SessionRecord, type TurnRecord } from './stored.ts';
import type { Move, RewindTask } from './tasks.ts';

/** Anybody who takes the session back to the end of a turn, when none runs. A dead one is closed first. */

const reads = {
  entries: ['guard', 'record', 'run', 'lease'],
  lists: [{ key: 'turns' }, { key: 'messages' }],
} as const;

export function startRewind(operation: Rewind, context: Context): Move {
  const draft: Draft = { note: { act: 'read' }, ...reads };
  return { task: { role: 'rewind', operation, written: null }, pending: pendingOf(draft, context) };
}

export function answerRewind(
  { task, pending }: { readonly task: RewindTask; readonly pending: Pending },
  reply: Reply,
  context: Context,
): Move {
  const { written } = task;
  const record = reply.entry('record');
  const isWritten = written !== null && record?.value.trail.includes(written) === true;
  if (isWritten || (written !== null && tookEffect(pending, reply, context))) return { result: 'rewound' };
  if (reply.entry('guard')?.version !== guardVersion || record === null) return { result: 'not_found' };
  const run = reply.entry('run');
  if (run === null) return rewind(task, { reply, record }, context);
  return reply.shows('lease') ? { result: 'rejected' } : recover(task, { run, record }, context);
}

function recover(
  task: RewindTask,
  { run, record }: { readonly run: Found<Run>; readonly record: Found<SessionRecord> },
  context: Context,
): Move {
  const { closes, checks, changes } = closeDeadTurn({ run, record, rollsBack: false }, context.mint(), context);
  const draft: Draft = { note: { act: 'recover', closes }, checks, changes: [...changes, gone('run')], ...reads };
  return { task: { ...task, written: null }, pending: pendingOf(draft, context) };
}

function rewind(
  task: RewindTask,
  { reply, record }: { readonly reply: Reply; readonly record: Found<SessionRecord> },
  context: Context,
): Move {
  const turns = reply.items('turns');
  const { to } = task.operation;
  const last = to === null ? -1 : turns.findIndex(({ turn }) => turn === to);
  if (to !== null && last < 0) return { result: 'unknown_turn' };
  const [kept, dropped] = [turns.slice(0, last + 1), turns.slice(last + 1)];
  const state = kept.at(-1)?.after ?? [];
  const version = context.mint();
  const draft: Draft = {
    note: { act: 'rewind', kept: idsOf(kept), seen: idsOf(turns), state },
    receipt: { key: 'record', version },
    checks: [
      { guard: 'rewind.run', key: 'run', version: null },
      { guard: 'rewind.record', key: 'record', version: record.version },
    ],
    changes: [
      { type: 'set', key: 'record', value: nextRecord(record, { state, open: null }, context), version, life: 'ever' },
      { type: 'truncate', key: 'messages', length: lengthWithout(reply.items('messages'), dropped) },
      { type: 'truncate', key: 'turns', length: kept.length },
      ...dropped.flatMap(({ turn, taken }) => [turn, ...taken].flatMap(partsOf)).map(gone),
    ],
    ...reads,
  };
  return { task: { ...task, written: version }, pending: pendingOf(draft, context) };
}

function idsOf(turns: readonly TurnRecord[]) {
  return turns.map(({ turn }) => turn);
}

/** How many messages come before the first one of the turns that go. */
function lengthWithout(messages: readonly string[], dropped: readonly TurnRecord[]): number {
  const ids = new Set(dropped.flatMap(({ turn, taken }) => [turn, ...taken]));
  const first = messages.findIndex((message) => ids.has(message.split('.')[0] ?? ''));
  return first < 0 ? messages.length : first;
}
