import type { Result } from './operations.ts';
import { type Context, type Draft, type GuardedChange, type Letter, pendingOf } from './pending.ts';
import { mailbox, placeOf, type SeenSession, sessionReads } from './seen-session.ts';
import { guardVersion, ticketOf } from './stored.ts';
import type { BeginTask, Move } from './tasks.ts';

/** Waiting in line: a place in the queue, and a ticket that runs out unless its holder keeps polling. */

/** Takes a ticket and the last place, and may ask the running turn to make room. */
export function join(task: BeginTask, seen: SeenSession, context: Context): Move {
  const { turn } = task.operation;
  const version = context.mint();
  const others = (seen.queue?.value ?? []).filter((each) => each !== turn);
  const own = context.off.has('join.oneVersion') ? version : task.receipt;
  const letter = letterTo(task, seen);
  const reads = sessionReads(task.operation, context);
  const draft: Draft = {
    note: { act: 'join', turn, letter },
    receipt: { key: ticketOf(turn), version: own },
    checks: [
      { guard: 'join.guard', key: 'guard', version: guardVersion },
      { guard: 'join.ticket', key: ticketOf(turn), version: null },
      { guard: 'join.queue', key: 'queue', version: seen.queue?.version ?? null },
    ],
    changes: [
      { type: 'set', key: ticketOf(turn), value: turn, version: own, life: 'ticket' },
      { type: 'set', key: 'queue', value: [...others, turn], version, life: 'ever' },
      ...posted(letter, context),
    ],
    entries: [...reads.entries, ticketOf(turn), ...others.map(ticketOf)],
    lists: reads.lists,
  };
  return { task: { ...task, phase: 'join', asking: letter?.to ?? null }, pending: pendingOf(draft, context) };
}

/** Keeps the ticket alive and looks again. */
export function poll(task: BeginTask, seen: SeenSession, context: Context): Move {
  const { turn } = task.operation;
  const letter = letterTo(task, seen);
  const reads = sessionReads(task.operation, context);
  const draft: Draft = {
    note: { act: 'poll', turn, letter },
    checks: letter === null ? [] : [{ guard: 'poll.guard', key: 'guard', version: guardVersion }],
    changes: [{ type: 'touch', key: ticketOf(turn), life: 'ticket' }, ...posted(letter, context)],
    entries: [...reads.entries, ticketOf(turn), ...placeOf(turn, seen).ahead.map(ticketOf)],
    lists: reads.lists,
  };
  return { task: { ...task, phase: 'poll', asking: letter?.to ?? null }, pending: pendingOf(draft, context) };
}

/** Tells the caller a result, once its place in the line is given up. */
export function quit(task: BeginTask, result: Result, context: Context): Move {
  return task.ticket === null ? { result } : leave({ ...task, result }, context);
}

export function leave(task: BeginTask, context: Context): Move {
  const { turn } = task.operation;
  const key = ticketOf(turn);
  const draft: Draft = {
    note: { act: 'leave', turn },
    checks: [{ guard: 'leave.ticket', key, version: task.ticket }],
    changes: [{ type: 'delete', key }],
  };
  return { task: { ...task, phase: 'leave' }, pending: pendingOf(draft, context) };
}

/** To interrupt or roll back is to wait in line, and to ask each turn that runs meanwhile once to make room. */
function letterTo({ operation, overlap, asked }: BeginTask, { run, isLeased }: SeenSession): Letter | null {
  if (run === null || !isLeased) return null;
  const to = run.value.turn;
  if (to === operation.turn || to === asked) return null;
  if (overlap === 'interrupt') return { to, ask: 'interrupted' };
  return overlap === 'rollback' ? { to, ask: 'rolled_back' } : null;
}

function posted(letter: Letter | null, context: Context): readonly GuardedChange[] {
  if (letter === null) return [];
  return [{ type: 'append', key: mailbox(letter.to, context), items: [letter.ask], life: 'letter' }];
}
