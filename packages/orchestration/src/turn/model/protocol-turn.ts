import type { Act, Begin } from './operations.ts';
import { type Context, type Pending, tookEffect } from './pending.ts';
import { endCommit, flushCommit, statusOf, stepCommit } from './protocol-turn-commits.ts';
import type { Reply } from './reply.ts';
import { lettersIn } from './seen-session.ts';
import { markOf, type SessionRecord, type TurnId } from './stored.ts';
import type { Move, TurnTask } from './tasks.ts';

/** One running turn: the acts of its script one by one, unless a letter asks it to end. */

/** Begun just now, or taken up again after its steps that are stored already. */
export function startTurn(operation: Begin, reply: Reply, context: Context): Move {
  const [run, record] = [reply.entry('run'), reply.entry('record')];
  if (run === null || record === null) return { result: 'not_found' };
  const { turn } = run.value;
  const open = openOf(turn, record.value);
  const task: TurnTask = {
    role: 'turn',
    operation: { ...operation, turn },
    lease: run.version,
    record,
    input: run.value.input,
    attempt: run.value.attempt,
    isActing: operation.answers !== null && (run.value.attempt === 1 || context.off.has('answer.act')),
    flushes: 0,
    base: open?.base ?? reply.length('messages'),
    rest: withoutSteps(operation.acts, open?.steps ?? 0),
    asked: null,
    steers: [],
    taking: [],
  };
  return nextAct(context.off.has('begin.letters') ? task : heard(task, reply, context), context);
}

export function answerTurn(
  { task: before, pending }: { readonly task: TurnTask; readonly pending: Pending },
  reply: Reply,
  context: Context,
): Move {
  const act = before.rest[0] ?? 'end';
  const committed = tookEffect(pending, reply, context);
  const isEnd = act === 'end' || act === 'ask';
  if (isEnd && committed) return { result: `ended:${statusOf(before)}` };
  const task = isEnd ? before : heard(before, reply, context);
  const record = reply.entry('record');
  if (committed) {
    const flushes = task.flushes + (act === 'flush' ? 1 : 0);
    const lease = reply.entry('lease')?.version ?? task.lease;
    return nextAct({ ...task, lease, flushes, record: record ?? task.record, rest: task.rest.slice(1) }, context);
  }
  if (record === null) return { result: 'not_found' };
  if (reply.refused.includes('lease')) return { result: 'lease_lost' };
  // Somebody else has changed the state: the turn's changes are made again, on what is there now.
  const steers = task.steers.filter((each) => !task.taking.includes(each) || !reply.shows(markOf(each)));
  return nextAct({ ...task, record, steers }, context);
}

function nextAct(before: TurnTask, context: Context): Move {
  const rest: readonly Act[] = before.asked === null ? before.rest : ['end'];
  const taken = openOf(before.operation.turn, before.record.value)?.taken ?? [];
  const isFlush = rest[0] === 'flush';
  // What has come for a turn that waits is the next one's.
  const takes = before.asked === null && !isFlush && rest[0] !== 'ask';
  const taking = takes ? before.steers.filter((each) => !taken.includes(each)) : [];
  const task = { ...before, rest, taking };
  if (isFlush) return { task, pending: flushCommit(task, context) };
  return { task, pending: rest[0] === 'step' ? stepCommit(task, context) : endCommit(task, context) };
}

/** What the letters of a reply tell the turn: to end, and whose messages to take in. The first ask counts. */
function heard(task: TurnTask, reply: Reply, context: Context): TurnTask {
  const { asks, steers } = lettersIn(reply, task.operation.turn, context);
  return { ...task, asked: task.asked ?? asks[0] ?? null, steers: [...new Set([...task.steers, ...steers])] };
}

function openOf(turn: TurnId, { open }: SessionRecord) {
  return open?.turn === turn ? open : null;
}

function withoutSteps(acts: readonly Act[], stored: number): readonly Act[] {
  let skipped = 0;
  return acts.filter((act) => act !== 'step' || skipped++ >= stored);
}
