import type { Storage } from './storage.ts';
import { type Ask, messageOf, type TurnId, type TurnStatus } from './stored.ts';

/** One call of one caller, for one turn. */
export type Call = { readonly caller: number; readonly call: number; readonly turn: TurnId };

/**
 * What has happened, as an observer outside of the protocol notes it down at each commit that takes effect. Where the
 * order does not count it is sorted, so that it makes no states of its own.
 */
export type Ledger = {
  /** The call that began last and has not ended its turn. */
  readonly holder: Call | null;
  /** In the order in which they ended, and by which caller; nobody ends a crashed turn himself. */
  readonly ended: readonly EndedTurn[];
  /** The turns that were begun and not rolled back: their messages are acknowledged. */
  readonly begun: readonly TurnId[];
  /** What letters asked of turns, and the turns that have read theirs: the next commit is the end. */
  readonly asked: readonly `${TurnId}:${Ask}`[];
  readonly mustEnd: readonly TurnId[];
  /** The calls that wait, in the order in which they came, and the turns that were stopped meanwhile. */
  readonly line: readonly Call[];
  readonly cancelled: readonly TurnId[];
  /** Of the updates that took effect. */
  readonly tokens: readonly string[];
  /** The turns of which the question is open, those that have taken one, and the messages that act on theirs. */
  readonly questions: readonly TurnId[];
  readonly takers: readonly TurnId[];
  readonly actors: readonly TurnId[];
  /** How often the record was written, up to once more than its trail tells. */
  readonly writes: number;
  /** The mailboxes that stood there when the session went: nothing names them, they run out by themselves. */
  readonly strayMail: readonly string[];
  readonly isGone: boolean;
  readonly isExpired: boolean;
  readonly hasBeenGone: boolean;
  readonly wasPaused: boolean;
  readonly wasRewound: boolean;
};

export type EndedTurn = { readonly turn: TurnId; readonly status: TurnStatus; readonly by: number | null };

export function newLedger(isGone: boolean): Ledger {
  const flags = { isGone, isExpired: false, hasBeenGone: isGone, wasPaused: false, wasRewound: false };
  return { holder: null, asked: [], mustEnd: [], strayMail: [], ...nothingStored, ...flags };
}

/** Nothing is left of the session. */
export function withoutSession(ledger: Ledger, { lists }: Storage, isExpired: boolean): Ledger {
  const strayMail = Object.keys(lists).filter((key) => key.startsWith('mail:'));
  return { ...ledger, ...nothingStored, strayMail: strayMail.toSorted(), isGone: true, hasBeenGone: true, isExpired };
}

/** Once it has ended, what was asked of the turn and where it is told is all the same. */
export function withEnded(ledger: Ledger, end: EndedTurn): Ledger {
  const begun = end.status === 'rolled_back' ? ledger.begun.filter((each) => each !== end.turn) : ledger.begun;
  const questions = end.status === 'waiting' ? including(ledger.questions, end.turn) : ledger.questions;
  return {
    ...ledger,
    ...withoutAsked(ledger, [end.turn]),
    begun,
    questions,
    ended: [...ledger.ended, end],
    holder: null,
  };
}

export function withAsked(ledger: Ledger, turn: TurnId, ask: Ask): Ledger {
  return endOf(ledger, turn) === null ? { ...ledger, asked: including(ledger.asked, `${turn}:${ask}`) } : ledger;
}

function withoutAsked({ asked, mustEnd }: Ledger, turns: readonly TurnId[]): Pick<Ledger, 'asked' | 'mustEnd'> {
  return {
    asked: asked.filter((each) => !turns.some((turn) => each.startsWith(`${turn}:`))),
    mustEnd: mustEnd.filter((each) => !turns.includes(each)),
  };
}

export function isOf(call: Omit<Call, 'turn'> | undefined | null, by: Omit<Call, 'turn'>): boolean {
  return call?.caller === by.caller && call.call === by.call;
}

/** How the last turn of a message has ended. */
export function lastEndOf({ ended }: Ledger, message: TurnId): EndedTurn | null {
  return ended.findLast(({ turn }) => messageOf(turn) === message) ?? null;
}

export function endOf({ ended }: Ledger, turn: TurnId): EndedTurn | null {
  return ended.find((each) => each.turn === turn) ?? null;
}

export function including<T extends string>(sorted: readonly T[], added: T): readonly T[] {
  return sorted.includes(added) ? sorted : [...sorted, added].toSorted();
}

const nothingStored = {
  ended: [],
  begun: [],
  line: [],
  cancelled: [],
  tokens: [],
  questions: [],
  takers: [],
  actors: [],
  writes: 0,
};
