import { type Context, type Draft, pendingOf } from './pending.ts';
import { attempt } from './protocol-attempt.ts';
import { startTurn } from './protocol-turn.ts';
import type { Found, Reply } from './reply.ts';
import { placeOf, type SeenSession, seenIn, sessionReads } from './seen-session.ts';
import {
  attemptOf,
  type Mark,
  messageOf,
  questionOf,
  type Run,
  ticketOf,
  type TurnId,
  turnOf,
  type TurnRecord,
} from './stored.ts';
import type { BeginTask, Move } from './tasks.ts';

/** A turn that brings the answers to what another one waits for. It takes the question in the commit that begins it. */

/** To take the question is to change the record, which is to be seen before. */
export function look(task: BeginTask, context: Context): Move {
  const draft: Draft = { note: { act: 'watch' }, ...sessionReads(task.operation, context) };
  return { task: { ...task, phase: 'look' }, pending: pendingOf(draft, context) };
}

/** What to do in a session that is there: whatever else runs, or waits in line, has come after the question. */
export function goOn(task: BeginTask, reply: Reply, context: Context): Move {
  const { turn } = task.operation;
  const seen = seenIn(reply, turn);
  const { run, mark } = seen;
  const isOwn = run !== null && messageOf(run.value.turn) === messageOf(turn);
  if (isOwn && seen.isLeased && run.version === task.receipt) return startTurn(task.operation, reply, context);
  if (isOwn && seen.isLeased) return { result: 'running' };
  const dead = seen.isLeased ? null : run;
  const past = { last: reply.items('turns').at(-1) ?? null, isFollowed: dead !== null && !isOwn };
  if (mark !== null && !isToBeTriedAgain(mark.value, past, context)) return { result: `finished:${mark.value.status}` };
  const isBlocked = placeOf(turn, seen).ahead.some((each) => reply.shows(ticketOf(each)));
  if (seen.isLeased || isBlocked) return { result: 'rejected' };
  const before = attemptsIn(mark, isOwn ? run : null);
  // Earlier ones that were counted here may be gone by now: a rewind has brought the question back.
  const counted = context.off.has('answer.attempt') ? Math.max(task.attempt, before + 1) : before + 1;
  const next = { ...task, attempt: counted, operation: { ...task.operation, turn: turnOf(messageOf(turn), counted) } };
  return again(next, { seen: { ...seen, run: isOwn ? run : null }, past, reply }, context);
}

type Past = {
  readonly last: TurnRecord | null;
  /** Whether a turn of another message has died, and is to be closed behind the last. */
  readonly isFollowed: boolean;
};

type Sight = { readonly seen: SeenSession; readonly past: Past; readonly reply: Reply };

/** The first attempt takes the question, while what asked it is the last there is; later ones go on without. */
function again(task: BeginTask, { seen, past, reply }: Sight, context: Context): Move {
  const { off } = context;
  const { run, mark, record } = seen;
  const takes = task.attempt === 1 || off.has('answer.once');
  if (task.attempt === 1 && !isPending(task, past, context)) return { result: 'not_pending' };
  const isOpen = record?.value.state.includes(questionOf(task.operation.answers ?? '')) === true;
  if (takes && !isOpen && !off.has('answer.open')) return { result: 'not_pending' };
  const isMarkStored = mark !== null && mark.value.status !== 'steered' && mark.value.isInputStored;
  const isInputStored = run !== null || isMarkStored;
  const turns = run === null && mark !== null ? reply.length('turns') : null;
  return attempt(task, { ...seen, answering: { takes, isInputStored, turns } }, context);
}

function isPending({ operation: { answers } }: BeginTask, { last, isFollowed }: Past, { off }: Context): boolean {
  if (isFollowed && !off.has('answer.dead')) return false;
  return (last?.turn === answers && last?.status === 'waiting') || off.has('answer.last');
}

/** What has come to nothing is tried again, as long as nothing has come since. */
function isToBeTriedAgain(mark: Mark, { last, isFollowed }: Past, { off }: Context): boolean {
  if (mark.status !== 'crashed' && mark.status !== 'rolled_back') return false;
  return (last?.turn === mark.turn && !isFollowed) || off.has('retry.last');
}

function attemptsIn(mark: Found<Mark> | null, dead: Found<Run> | null): number {
  const turns: TurnId[] = dead === null ? [] : [dead.value.turn];
  if (mark !== null && mark.value.status !== 'steered') turns.push(mark.value.turn);
  return Math.max(0, ...turns.map(attemptOf));
}
