import type { Delete } from './operations.ts';
import { type Context, type Draft, type GuardedChange, type Pending, pendingOf, tookEffect } from './pending.ts';
import type { Reply } from './reply.ts';
import { guardVersion, lettersOf, markOf, streamOf, ticketOf, type TurnId } from './stored.ts';
import type { DeleteTask, Move } from './tasks.ts';

/** Anybody who deletes the session, with the parts of every turn that it names. */

const reads = { entries: ['guard', 'record', 'run', 'queue'], lists: [{ key: 'turns' }] } as const;

export function startDelete(operation: Delete, context: Context): Move {
  const draft: Draft = { note: { act: 'read' }, ...reads };
  return { task: { role: 'delete', operation, phase: 'read' }, pending: pendingOf(draft, context) };
}

export function answerDelete(
  { task, pending }: { readonly task: DeleteTask; readonly pending: Pending },
  reply: Reply,
  context: Context,
): Move {
  if (task.phase === 'write' && tookEffect(pending, reply, context)) return { result: 'deleted' };
  if (reply.entry('guard')?.version !== guardVersion) return { result: 'not_found' };
  const waiting = reply.entry('queue')?.value ?? [];
  const draft: Draft = {
    note: { act: 'delete' },
    checks: [
      { guard: 'delete.record', key: 'record', version: reply.entry('record')?.version ?? null },
      { guard: 'delete.run', key: 'run', version: reply.entry('run')?.version ?? null },
      { guard: 'delete.queue', key: 'queue', version: reply.entry('queue')?.version ?? null },
    ],
    changes: [
      ...(['guard', 'record', 'run', 'lease', 'queue', 'messages', 'turns'] as const).map(gone),
      ...turnsNamedIn(reply).flatMap(partsOf).map(gone),
      ...waiting.flatMap((turn) => [ticketOf(turn), lettersOf(turn)]).map(gone),
    ],
    ...reads,
  };
  return { task: { ...task, phase: 'write' }, pending: pendingOf(draft, context) };
}

/** What stands under keys of a turn's own. */
export function partsOf(turn: TurnId) {
  return [markOf(turn), streamOf(turn), lettersOf(turn)] as const;
}

export function gone(key: GuardedChange['key']): GuardedChange {
  return { type: 'delete', key };
}

function turnsNamedIn(reply: Reply): readonly TurnId[] {
  const ended = reply.items('turns').flatMap(({ turn, taken }) => [turn, ...taken]);
  const run = reply.entry('run');
  const open = reply.entry('record')?.value.open ?? null;
  return [...new Set([...ended, ...(run === null ? [] : [run.value.turn]), ...(open?.taken ?? [])])].toSorted();
}
