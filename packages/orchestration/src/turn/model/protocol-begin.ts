import type { Begin } from './operations.ts';
import { type Context, type Pending, tookEffect } from './pending.ts';
import { goOn, look } from './protocol-answer.ts';
import { attempt, createAndBegin } from './protocol-attempt.ts';
import { join, poll, quit } from './protocol-line.ts';
import { steer, watch } from './protocol-steer.ts';
import { startTurn } from './protocol-turn.ts';
import type { Reply } from './reply.ts';
import { lettersIn, placeOf, seenIn } from './seen-session.ts';
import { guardVersion, markOf, ticketOf } from './stored.ts';
import type { BeginTask, Move } from './tasks.ts';

/** A caller that begins a turn: at once where it may, else as its overlap policy says. */

export function startBegin(operation: Begin, context: Context): Move {
  const task: BeginTask = {
    role: 'begin',
    operation,
    phase: 'begin',
    attempt: 1,
    overlap: operation.overlap,
    receipt: context.mint(),
    ticket: null,
    asked: null,
    asking: null,
    steeredInto: null,
    result: null,
  };
  if (operation.creates === 'atOnce') return createAndBegin(task, context);
  if (operation.answers !== null && !context.off.has('answer.look')) return look(task, context);
  return attempt(task, { mark: null, run: null, isLeased: false, record: null, queue: null }, context);
}

export function answerBegin(
  { task, pending }: { readonly task: BeginTask; readonly pending: Pending },
  reply: Reply,
  context: Context,
): Move {
  const committed = tookEffect(pending, reply, context);
  const { turn } = task.operation;
  if (task.phase === 'leave') return { result: task.result ?? 'left' };
  if (task.phase === 'begin' && committed) return startTurn(task.operation, reply, context);
  // Of a commit known by its receipt alone, an earlier attempt may have been the one, with another letter or none.
  const asked = reply.committed ? (task.asking ?? task.asked) : task.asked;
  const next = { ...task, asked, asking: null };
  if (task.phase === 'join' && committed) {
    return decide({ ...next, ticket: reply.entry(ticketOf(turn))?.version ?? null }, reply, context);
  }
  // Elsewhere the same turn waits already.
  if (task.phase === 'join' && reply.refused.includes(ticketOf(turn))) return { result: 'waiting' };
  if (task.phase === 'poll' && reply.entry(ticketOf(turn))?.version !== task.ticket) {
    // It slept for too long, and its place in the line is gone.
    return reply.shows(ticketOf(turn)) ? { result: 'waiting' } : decide({ ...next, ticket: null }, reply, context);
  }
  const isAsked = lettersIn(reply, turn, context).asks.length > 0;
  if (task.ticket !== null && isAsked) return quit(next, 'stopped', context);
  if (task.phase === 'steer' && committed) return watch(next, context);
  if (task.phase === 'watch' && stillRuns(task, reply)) return watch(next, context);
  return decide(next, reply, context);
}

/** What to do in the session as the reply shows it. */
function decide(task: BeginTask, reply: Reply, context: Context): Move {
  const { turn, creates } = task.operation;
  const guard = reply.entry('guard');
  if (guard === null && creates !== 'never') return createAndBegin(task, context);
  if (guard?.version !== guardVersion) return { result: 'not_found' };
  if (task.operation.answers !== null) return goOn(task, reply, context);
  const mark = reply.entry(markOf(turn));
  if (mark !== null) return quit(task, `finished:${mark.value.status}`, context);
  if (reply.shows('run') && reply.shows('lease')) return meetRunning(task, reply, context);
  const seen = seenIn(reply, turn);
  const next: BeginTask = task.overlap === 'steer' ? { ...task, overlap: 'enqueue' } : task;
  const { ahead } = placeOf(turn, seen);
  const isBlocked = ahead.some((each) => reply.shows(ticketOf(each)));
  if (!isBlocked) return attempt(next, seen, context);
  if (next.ticket !== null) return poll(next, seen, context);
  return next.overlap === 'reject' ? { result: 'rejected' } : join(next, seen, context);
}

/** A turn runs: this one, or another. */
function meetRunning(task: BeginTask, reply: Reply, context: Context): Move {
  const { turn } = task.operation;
  const seen = seenIn(reply, turn);
  const { run } = seen;
  // A late copy of an earlier attempt has begun the turn.
  if (run?.version === task.receipt) return startTurn(task.operation, reply, context);
  if (run?.value.turn === turn) return quit(task, 'running', context);
  if (task.overlap === 'reject') return { result: 'rejected' };
  if (run !== null && task.overlap === 'steer' && task.phase !== 'watch') return steer(task, run, context);
  const next: BeginTask = task.overlap === 'steer' ? { ...task, overlap: 'enqueue' } : task;
  return next.ticket === null ? join(next, seen, context) : poll(next, seen, context);
}

function stillRuns({ operation, steeredInto }: BeginTask, reply: Reply): boolean {
  if (reply.entry('guard')?.version !== guardVersion || reply.shows(markOf(operation.turn))) return false;
  return reply.shows('lease') && reply.entry('run')?.version === steeredInto;
}
