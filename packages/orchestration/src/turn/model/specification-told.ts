import { endOf, isOf, lastEndOf, type Ledger } from './ledger.ts';
import type { Operation, Result } from './operations.ts';
import { assertNotPending } from './specification-questions.ts';
import type { Storage } from './storage.ts';
import { markOf, messageOf, streamOf } from './stored.ts';
import { violated } from './violation.ts';

export type Told = {
  readonly by: { readonly caller: number; readonly call: number };
  readonly operation: Operation;
  readonly result: Result;
  /** What a follower has read. */
  readonly chunks: readonly string[];
  /** Whether anybody may rewind the session. */
  readonly mayBeRewound: boolean;
  /** How many of its versions a record keeps. */
  readonly trailLength: number;
};

/** What a caller is told in the end must be so. Throws a Violation where it is not. */
export function assertTrue(told: Told, ledger: Ledger, storage: Storage): void {
  const { operation, result } = told;
  if (result === 'not_found' && !ledger.hasBeenGone) violated('false alarm', `${operation.do} is told not_found`);
  if (operation.do === 'begin') assertTurnTold(told, ledger, storage);
  if (ledger.hasBeenGone) return;
  if (operation.do === 'follow' && result === 'followed') {
    const stream = storage.lists[streamOf(operation.turn)]?.items ?? [];
    if (told.chunks.join() !== stream.join()) violated('follow', `${told.chunks.join()} is not ${stream.join()}`);
  }
  if (result === 'unknown_outcome' && ledger.writes <= told.trailLength) {
    violated('false alarm', `the outcome of an update is unknown, and the trail would tell`);
  }
  if (operation.do === 'update' && result === 'updated' && !told.mayBeRewound) {
    if (!ledger.tokens.includes(operation.token)) violated('update', `${operation.token} is acknowledged and nowhere`);
  }
}

function assertTurnTold({ by, operation, result, mayBeRewound }: Told, ledger: Ledger, storage: Storage): void {
  if (operation.do !== 'begin') return;
  const { turn } = operation;
  const { holder, line, hasBeenGone, wasPaused, wasRewound } = ledger;
  if (result === 'running' && isOf(holder, by)) {
    violated('lost reply', `${turn} is said to run elsewhere, and it is the caller's own`);
  }
  if (
    result === 'waiting' &&
    isOf(
      line.find((each) => each.turn === turn),
      by,
    )
  ) {
    violated('lost reply', `${turn} is said to wait elsewhere, and it is the caller's own`);
  }
  if (!hasBeenGone && !mayBeRewound && /^(ended|finished):/.test(result) && result !== 'finished:steered') {
    const status = lastEndOf(ledger, turn)?.status ?? 'nothing';
    if (!result.endsWith(`:${status}`)) violated('history', `${turn} is said to be ${result}, and is ${status}`);
  }
  if (result === 'stopped' && !hasBeenGone && !ledger.asked.some((each) => each.startsWith(`${turn}:`))) {
    violated('stop', `${turn} is said to be stopped, and nobody asked that of it`);
  }
  if (result === 'not_pending') assertNotPending(operation, ledger);
  if (result === 'lease_lost') {
    const own = ledger.ended.filter((end) => messageOf(end.turn) === turn);
    // Where the reply to the end of one that was rolled back is lost, and another attempt has ended since, nothing tells.
    if (own.slice(0, -1).some((end) => end.by === by.caller)) return;
    if (own.at(-1)?.by === by.caller) violated('lost reply', `${turn} has ended, and is said to be lost`);
    if (!wasPaused && !hasBeenGone && !wasRewound) violated('false alarm', `${turn} has lost its lease in no pause`);
  }
  if (result === 'finished:steered' && !hasBeenGone && !mayBeRewound) {
    const mark = storage.entries[markOf(turn)]?.value;
    const into = mark?.status === 'steered' ? mark.into : '';
    const isStored = storage.lists.messages?.items.includes(`${turn}.in`) === true;
    if (!isStored && endOf(ledger, into)?.status !== 'rolled_back') violated('steer', `${turn} is in no history`);
  }
}
