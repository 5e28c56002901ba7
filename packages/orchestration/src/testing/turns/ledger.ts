import { requestIn } from '../../turn/mailbox.ts';
import { messageIdOf } from '../../turn/turn-id.ts';
import { partsIn } from './blocks.ts';
import { lossFaults } from './losses.ts';
import type { RoomState } from './room-state.ts';
import { wordsOf } from './stream-faults.ts';
import type { Word } from './vocabulary.ts';

/**
 * Looks at a session before and after each commit, knows what was ever there, and says what may not have come of a
 * commit, whoever sent it: of a turn that does not hold the lease, before others in line, at the cost of what was there.
 */
export class Ledger {
  readonly faults: string[] = [];
  /** What was there at some moment, each as a text that names it. */
  readonly seen = new Set<string>();
  /** What the streams of a turn were when they ended: more than one where a session or a turn was made anew. */
  readonly said = new Map<string, readonly (readonly Word[])[]>();
  /** The turns that began, as often as they did. */
  readonly begun: string[] = [];
  /** What the state was told after each turn, and before the first. */
  readonly #toldAfter = new Map<string | null, readonly string[]>();
  /** The messages that wait, in the order in which they came. One that is brought again in time keeps its place. */
  #line: readonly string[] = [];
  /** Turns that were asked to end before they began. */
  readonly #cancelled = new Set<string>();

  note(before: RoomState, after: RoomState): void {
    this.faults.push(
      ...this.#beginFaults(before, after),
      ...fencingFaults(before, after),
      ...lossFaults(before, after, this.#toldAfter),
      ...this.#cancelFaults(before, after),
    );
    this.#remember(before, after);
  }

  #beginFaults(before: RoomState, after: RoomState): string[] {
    const turnId = after.run?.turnId;
    if (turnId === undefined || turnId === before.run?.turnId) return [];
    this.begun.push(turnId);
    const faults: string[] = [];
    const messageId = messageIdOf(turnId);
    if (before.lease !== null) faults.push(`${turnId} begins while ${before.lease.turnId} holds the lease`);
    if (before.record === null) faults.push(`${turnId} begins in a session that is not there`);
    if (before.turns.some((turn) => turn.turnId === turnId)) faults.push(`${turnId} begins again`);
    faults.push(...followingFaults(before, after));
    const place = this.#line.indexOf(messageId);
    const ahead = (place < 0 ? this.#line : this.#line.slice(0, place)).filter((id) => before.tickets.includes(id));
    if (ahead.length > 0) faults.push(`${turnId} begins before ${ahead.join()}, who came first and wait`);
    if (requestIn(before.mail.get(turnId) ?? []) !== null) this.#cancelled.add(turnId);
    else this.#cancelled.delete(turnId);
    return faults;
  }

  /** Whoever was asked to end before the beginning has known of it from the beginning. */
  #cancelFaults(before: RoomState, after: RoomState): string[] {
    return recordsAdded(before, after).flatMap(({ turnId, status }) =>
      this.#cancelled.has(turnId) && (status === 'completed' || status === 'waiting')
        ? [`${turnId} was asked to end before it began, and has ${status}`]
        : [],
    );
  }

  #remember(before: RoomState, after: RoomState): void {
    const { run, record, turns, messages, tickets, streams } = after;
    if (run !== null) this.seen.add(`run ${run.turnId}`);
    for (const { turn, by, part } of partsIn(messages)) this.seen.add(`part ${turn} ${by} ${part}`);
    for (const { turnId, taken } of run === null ? turns : [...turns, run])
      for (const messageId of taken) this.seen.add(`taken ${messageId} ${turnId}`);
    for (const { turnId, status } of turns) this.seen.add(`ended ${turnId} ${status}`);
    for (const token of record?.told ?? []) this.seen.add(`told ${token}`);
    for (const { turnId } of before.turns.slice(turns.length)) this.seen.add(`gone ${turnId}`);
    if (before.record !== null && record === null) this.seen.add('deleted');
    for (const { turnId } of recordsAdded(before, after)) {
      this.said.set(turnId, [...(this.said.get(turnId) ?? []), wordsOf(streams.get(turnId) ?? [])]);
      if (before.turns.length === 0 && before.record !== null)
        this.#toldAfter.set(null, before.record.toldBefore ?? before.record.told);
      this.#toldAfter.set(turnId, record?.told ?? []);
    }
    const joined = tickets.filter((id) => !before.tickets.includes(id) && !before.queue.includes(id));
    const hasBegun = (id: string) =>
      run !== null && run.turnId !== before.run?.turnId && messageIdOf(run.turnId) === id;
    this.#line = [...this.#line.filter((id) => !joined.includes(id) && !hasBegun(id)), ...joined];
  }
}

/** Who goes on with what is over goes on with the last of it, and answers go on with what waits. */
function followingFaults(before: RoomState, { run, turns }: RoomState): string[] {
  if (run === null) return [];
  const { turnId, parentTurnId, isInputStored } = run;
  const messageId = messageIdOf(turnId);
  const isOwn = (turn: RoomState['turns'][number]) =>
    messageIdOf(turn.turnId) === messageId || turn.taken.includes(messageId);
  // One that is rolled back in this very commit leaves nothing to come between.
  const past = turns.filter(({ status }, index) => index < before.turns.length || status !== 'rolled_back');
  const start = past.findIndex((turn) => turn.turnId === parentTurnId && turn.status === 'waiting');
  const other = past.slice(start + 1).find((turn) => !isOwn(turn));
  if (parentTurnId !== undefined && (start < 0 || other !== undefined))
    return [`${turnId} goes on with ${parentTurnId}, and ${other?.turnId ?? 'no question'} came after it`];
  const last = past.at(-1);
  if (!isInputStored || (last !== undefined && isOwn(last))) return [];
  return [`${turnId} goes on with an attempt that ${last?.turnId} came after`];
}

function recordsAdded(before: RoomState, after: RoomState): RoomState['turns'] {
  return after.turns.slice(before.turns.length);
}

/** Whatever a turn stores, it stores while it holds the lease; or it is dead, and closed by another. */
function fencingFaults(before: RoomState, after: RoomState): string[] {
  const holder = before.lease?.turnId ?? 'nobody';
  const writers = new Set<string>();
  for (const { turn } of partsIn(after.messages.slice(before.messages.length))) writers.add(turn);
  for (const [turnId, items] of after.streams) {
    const added = items.slice(before.streams.get(turnId)?.length ?? 0);
    if (added.some((item) => 'chunks' in item)) writers.add(turnId);
  }
  for (const { turnId, status } of recordsAdded(before, after)) {
    const isClosed = before.lease === null && (status === 'crashed' || status === 'rolled_back');
    if (!isClosed) writers.add(turnId);
  }
  return [...writers].flatMap((turnId) =>
    turnId === holder ? [] : [`${turnId} has written while ${holder} held the lease`],
  );
}
