import { type Call, endOf, including, isOf, type Ledger, withAsked, withEnded, withoutSession } from './ledger.ts';
import type { Note } from './pending.ts';
import type { Storage } from './storage.ts';
import { goesOn, leftOf } from './specification-questions.ts';
import { lettersOf, ticketOf } from './stored.ts';
import { violated } from './violation.ts';

/** A commit that took effect: whose it was, what it was for, and the storage before and after it. */
export type Observation = {
  readonly by: Omit<Call, 'turn'>;
  readonly note: Note;
  readonly before: Storage;
  readonly after: Storage;
  /** Whether letters may run out before they are read. */
  readonly lettersRunOut: boolean;
  /** How many of its versions a record keeps. */
  readonly trailLength: number;
};

type Noted<A extends Note['act']> = Observation & { readonly note: Extract<Note, { readonly act: A }> };

/** The ledger after a commit that took effect. Throws a Violation where it should not have. */
export function observed(ledger: Ledger, observation: Observation): Ledger {
  const { before, after, trailLength } = observation;
  const isWrite = before.entries.record?.version !== after.entries.record?.version;
  const writes = isWrite ? Math.min(ledger.writes + 1, trailLength + 1) : ledger.writes;
  return noted({ ...ledger, writes }, observation);
}

function noted(ledger: Ledger, observation: Observation): Ledger {
  const { note, after } = observation;
  switch (note.act) {
    case 'begin':
      return begun(ledger, { ...observation, note });
    case 'flush':
    case 'step':
      assertHeld(ledger, { ...observation, note });
      return heard(ledger, { ...observation, note });
    case 'end':
      return ended(ledger, { ...observation, note });
    case 'recover':
      return withEnded(ledger, { ...note.closes, by: null });
    case 'join':
      return joined(ledger, { ...observation, note });
    case 'poll':
      return asking(ledger, note);
    case 'stop':
      return stopped(ledger, { ...observation, note });
    case 'update':
      return updated(ledger, note.token);
    case 'delete':
      return { ...withoutSession(ledger, after, false), holder: null, asked: [], mustEnd: [] };
    case 'rewind':
      return rewound(ledger, { ...observation, note });
    case 'leave':
      return left(ledger, { ...observation, note });
    case 'read':
    case 'watch':
    case 'steer':
      return ledger;
  }
}

function begun(before: Ledger, observation: Noted<'begin'>): Ledger {
  const { note, by } = observation;
  const { turn, closes, creates } = note;
  assertMayBegin(before, observation);
  const ledger = goesOn(closes === null ? before : withEnded(before, { ...closes, by: null }), note);
  return {
    ...heard(ledger, observation),
    begun: including(ledger.begun, turn),
    line: ledger.line.filter((each) => each.turn !== turn),
    holder: { ...by, turn },
    isGone: ledger.isGone && !creates,
  };
}

function assertMayBegin(ledger: Ledger, { note, before }: Noted<'begin'>): void {
  const { turn, creates } = note;
  const { holder, line, cancelled, isGone } = ledger;
  const end = endOf(ledger, turn);
  if (end !== null) violated('idempotency', `${turn} runs again after it ended as ${end.status}`);
  if (isGone && !creates) violated('delete', `${turn} begins in a session that is not there`);
  if (holder !== null && before.entries.lease !== undefined && !creates) {
    violated('two turns', `${turn} begins while ${holder.turn} of P${holder.caller} holds a live lease`);
  }
  const index = line.findIndex((each) => each.turn === turn);
  const ahead = index < 0 ? line : line.slice(0, index);
  const waiting = ahead.find((each) => before.entries[ticketOf(each.turn)] !== undefined);
  if (waiting !== undefined) violated('line', `${turn} begins before ${waiting.turn}, which waits and is alive`);
  if (index >= 0 && cancelled.includes(turn) && before.lists[lettersOf(turn)] === undefined) {
    violated('stop', `${turn} was stopped in the line and begins all the same`);
  }
}

/** No commit of a turn takes effect for anybody but its holder, nor after its lease has run out. */
function assertHeld({ holder }: Ledger, { by, note, before }: Noted<'flush' | 'step' | 'end'>): void {
  if (!isOf(holder, by) || holder?.turn !== note.turn) {
    violated('fencing', `${note.act} of ${note.turn} by P${by.caller}; ${holder?.turn ?? 'nobody'} holds the session`);
  }
  if (before.entries.lease === undefined) violated('fencing', `${note.act} of ${note.turn} after its lease ran out`);
}

/** The reply to this commit brings the letters, so the next one must be the end. */
function heard(ledger: Ledger, { note, lettersRunOut }: Noted<'begin' | 'flush' | 'step'>): Ledger {
  const { turn } = note;
  const ask = ledger.asked.find((each) => each.startsWith(`${turn}:`));
  if (ask === undefined) return ledger;
  if (note.act !== 'begin' && ledger.mustEnd.includes(turn) && !lettersRunOut)
    violated('stop', `${ask}, and it goes on`);
  return { ...ledger, mustEnd: including(ledger.mustEnd, turn) };
}

function ended(ledger: Ledger, observation: Noted<'end'>): Ledger {
  const { note, by } = observation;
  const { turn, status } = note;
  assertHeld(ledger, observation);
  if (endOf(ledger, turn) !== null) violated('idempotency', `${turn} ends twice`);
  const isOwnWish = status === 'completed' || status === 'waiting';
  if (!isOwnWish && !ledger.asked.includes(`${turn}:${status}`)) {
    violated('stop', `${turn} ends as ${status}, and nobody asked that of it`);
  }
  return withEnded(ledger, { turn, status, by: by.caller });
}

/** The last place, and one for a turn: another request of it may only join once the ticket has run out. */
function joined(ledger: Ledger, { note, by, before }: Noted<'join'>): Ledger {
  const { turn } = note;
  if (before.entries[ticketOf(turn)] !== undefined) violated('line', `${turn} joins it though its ticket stands`);
  return asking({ ...ledger, line: [...ledger.line.filter((each) => each.turn !== turn), { ...by, turn }] }, note);
}

/** Whoever leaves gives up his own place, and nobody else's. */
function left(ledger: Ledger, { note, by, before }: Noted<'leave'>): Ledger {
  const { turn } = note;
  const waiting = ledger.line.find((each) => each.turn === turn);
  if (waiting !== undefined && before.entries[ticketOf(turn)] !== undefined && !isOf(waiting, by)) {
    violated('line', `P${by.caller} leaves it with the ticket of P${waiting.caller}`);
  }
  return { ...ledger, line: ledger.line.filter((each) => each !== waiting) };
}

function asking(ledger: Ledger, { letter }: Noted<'join' | 'poll'>['note']): Ledger {
  return letter === null ? ledger : withAsked(ledger, letter.to, letter.ask);
}

function stopped(ledger: Ledger, { note, before }: Noted<'stop'>): Ledger {
  const asked = withAsked(ledger, note.turn, 'stopped');
  const isWaiting = before.entries[ticketOf(note.turn)] !== undefined;
  return isWaiting ? { ...asked, cancelled: including(ledger.cancelled, note.turn) } : asked;
}

function updated(ledger: Ledger, token: string): Ledger {
  if (ledger.isGone) violated('delete', `update ${token} takes effect after the session has gone`);
  if (ledger.tokens.includes(token)) violated('update', `${token} takes effect twice`);
  return { ...ledger, tokens: including(ledger.tokens, token) };
}

function rewound(ledger: Ledger, { note, before }: Noted<'rewind'>): Ledger {
  const { kept, seen, state } = note;
  if (ledger.holder !== null && before.entries.lease !== undefined) violated('rewind', 'while a turn runs');
  const unseen = ledger.ended.find(({ turn }) => !kept.includes(turn) && !seen.includes(turn));
  if (unseen !== undefined) violated('rewind', `it drops ${unseen.turn}, which it has not seen`);
  return {
    ...ledger,
    wasRewound: true,
    ended: ledger.ended.filter(({ turn }) => kept.includes(turn)),
    begun: ledger.begun.filter((turn) => kept.includes(turn)),
    tokens: state.filter((token) => token.startsWith('o')),
    ...leftOf(ledger, { kept, state }),
  };
}
