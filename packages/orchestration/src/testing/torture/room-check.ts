import type { Account } from '../turns/accounts.ts';
import { partsIn } from '../turns/blocks.ts';
import { roomFaults } from '../turns/room-faults.ts';
import type { RoomState } from '../turns/room-state.ts';
import { streamFaults, wordFaults, wordsOf } from '../turns/stream-faults.ts';
import { isOutsiderToken } from '../turns/vocabulary.ts';
import type { Taking, Told } from './tally.ts';

/**
 * What must be none of. `lost`: acknowledged, and not there. `doubled`: there twice, or more than one answer to a
 * message. `foreign`: words of a stream that are not its turn's, or not in order, or not what was acknowledged of them.
 * `invalid`: any other transcript, state or record that contradicts itself.
 */
export type Violations = { readonly [Kind in 'lost' | 'doubled' | 'foreign' | 'invalid']: string[] };

type Evidence = { readonly told: readonly Told[]; readonly takings: readonly Taking[] };

/** Holds what is stored of a session at the end against what was said of it. */
export function checkRoom(room: RoomState, { told, takings }: Evidence): Violations {
  const foreign = streamFaults(room);
  const others = roomFaults(room).filter((fault) => !foreign.includes(fault));
  const isDoubling = (fault: string) => /twice|again/.test(fault);
  const facts = factsOf(room);
  const lasting = told.filter((each) => !mayBeTaken(each, takings));
  return {
    lost: [...lasting.flatMap(({ account }) => missing(account, facts)), ...orderFaults(lasting, room)],
    doubled: others.filter(isDoubling),
    foreign: [...foreign, ...lasting.flatMap(({ account }) => wrongWords(account, room))],
    invalid: others.filter((fault) => !isDoubling(fault)),
  };
}

/** Long enough for a commit that somebody has sent, and heard no answer of. */
const longestWayMs = 15_000;

/** Whether what somebody was told may have been undone since: by a deletion, or by a rewind. */
function mayBeTaken({ since }: Told, takings: readonly Taking[]): boolean {
  return takings.some(({ from, to }) => since <= Math.min(to, from + longestWayMs));
}

/** What is there, each as a text that names it. */
function factsOf({ turns, messages, record }: RoomState): ReadonlySet<string> {
  const rolledBack = turns.filter(({ status }) => status === 'rolled_back').map(({ turnId }) => turnId);
  return new Set([
    ...turns.flatMap(({ turnId, status }) => [`turn ${turnId}`, `ended ${turnId} ${status}`]),
    ...turns.flatMap(({ turnId, taken }) => taken.map((messageId) => `taken ${messageId} ${turnId}`)),
    ...partsIn(messages).map(({ turn, by, part }) => `part ${turn} ${by} ${part}`),
    ...rolledBack.map((turnId) => `rolled back ${turnId}`),
    ...(record?.told ?? []).filter(isOutsiderToken).map((token) => `told ${token}`),
  ]);
}

function missing(account: Account, facts: ReadonlySet<string>): string[] {
  return claimsOf(account, facts).flatMap((claim) => (facts.has(claim) ? [] : [claim]));
}

function claimsOf(account: Account, facts: ReadonlySet<string>): readonly string[] {
  switch (account.type) {
    case 'begun':
      return [`turn ${account.turnId}`];
    case 'stored': {
      const { turnId, by, part, taken } = account;
      const marks = taken.map((messageId) => `taken ${messageId} ${turnId}`);
      return facts.has(`rolled back ${turnId}`) ? marks : [`part ${turnId} ${by} ${part}`, ...marks];
    }
    case 'ended':
    case 'finished':
      return [`ended ${account.turnId} ${account.status}`];
    case 'steered':
      return [`taken ${account.messageId} ${account.turnId}`];
    case 'updated':
      return [`told ${account.token}`];
    case 'rewound':
    case 'deleted':
    case 'running':
    case 'followed':
      return [];
  }
}

/** Whoever begins when a turn is over comes behind it. */
function orderFaults(told: readonly Told[], { turns }: RoomState): string[] {
  const places = new Map(turns.map(({ turnId }, index) => [turnId, index]));
  const placeOf = ({ account }: Told) => ('turnId' in account ? (places.get(account.turnId) ?? -1) : -1);
  const ended = told.filter(({ account }) => account.type === 'ended');
  return told
    .filter(({ account }) => account.type === 'begun')
    .flatMap((begun) =>
      ended
        .filter((before) => before.at < begun.since && placeOf(begun) >= 0 && placeOf(before) > placeOf(begun))
        .map(() => `a turn that was over stands behind place ${placeOf(begun)}`),
    );
}

function wrongWords(account: Account, { streams }: RoomState): string[] {
  if (account.type !== 'ended' && account.type !== 'followed') return [];
  const { turnId } = account;
  const items = streams.get(turnId) ?? [];
  const stored = wordsOf(items);
  if (account.type === 'ended')
    return stored.length === account.words ? [] : [`${turnId} has ${stored.length} of ${account.words} words`];
  const { words, status, isLogGone } = account;
  const faults = wordFaults(turnId, words);
  const isWhole = status === 'unknown' || isLogGone || items.length === 0 || words.length === stored.length;
  return isWhole ? faults : [...faults, `a follower of ${turnId} has heard ${words.length} of ${stored.length} words`];
}
