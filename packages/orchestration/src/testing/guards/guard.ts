import type { Change, Check } from '@stateroom/core';
import type { TurnKeys } from '../../turn/turn-parts.ts';
import { type CommitKind, kindOf } from '../turns/kind-of.ts';
import type { Alter } from '../turns/watched.ts';
import type { Theatre } from './theatre.ts';

/** One of the checks, or of the changes that belong together, by which a promise is kept. */
export type Guard = {
  readonly name: string;
  /** Takes it out of the commits, on their way to the storage. */
  readonly without: (keys: TurnKeys) => Alter;
  /** Reads are then no snapshots any more: lists first, entries later. */
  readonly splitsReads?: boolean;
  /** What happens, until the guard is all that stands between it and a broken promise. */
  readonly plot: (theatre: Theatre) => Promise<void>;
  /** The violation that is found then. */
  readonly shows: RegExp;
};

type PickKey = (keys: TurnKeys) => string | ((key: string) => boolean);

/** Has the commits of these kinds no longer check a key: whatever is there is what they want to find. */
export function unchecked(kinds: readonly CommitKind[], ...picks: readonly PickKey[]): Guard['without'] {
  return (keys) => async (transaction, storage) => {
    if (!kinds.includes(kindOf(transaction, keys))) return transaction;
    const isPicked = (key: string) => picks.some((pick) => matches(pick(keys), key));
    const checks = transaction.checks.map(async (check): Promise<Check> => {
      if (!isPicked(check.key)) return check;
      if ('length' in check) {
        const [list] = (await storage.read({ lists: [{ key: check.key }] })).lists;
        return { key: check.key, length: list?.length ?? 0 };
      }
      const [entry] = (await storage.read({ entries: [check.key] })).entries;
      return { key: check.key, version: entry?.version ?? null };
    });
    return { ...transaction, checks: await Promise.all(checks) };
  };
}

/** Has the commits of these kinds leave out what they do to a key. */
export function unchanged(kinds: readonly CommitKind[], pick: PickKey): Guard['without'] {
  return changed(kinds, (change, keys) => (matches(pick(keys), change.key) ? [] : [change]));
}

/** Has the commits of these kinds do something else. */
export function changed(
  kinds: readonly CommitKind[],
  alter: (change: Change, keys: TurnKeys) => readonly Change[],
): Guard['without'] {
  return (keys) => async (transaction) => {
    if (!kinds.includes(kindOf(transaction, keys))) return transaction;
    return { ...transaction, changes: transaction.changes.flatMap((change) => alter(change, keys)) };
  };
}

/** Has the commits of these kinds bring back nothing of a list. */
export function unread(
  kinds: readonly CommitKind[],
  isPicked: (key: string, keys: TurnKeys) => boolean,
): Guard['without'] {
  return (keys) => async (transaction) => {
    if (!kinds.includes(kindOf(transaction, keys))) return transaction;
    const { entries = [], lists = [] } = transaction.reads ?? {};
    const blind = lists.map((range) => (isPicked(range.key, keys) ? { ...range, key: keys.mail('nobody') } : range));
    return { ...transaction, reads: { entries, lists: blind } };
  };
}

/** Has every commit mean another key than the one it names. */
export function renamed(rename: (key: string, keys: TurnKeys) => string): Guard['without'] {
  return (keys) =>
    async ({ checks, changes, reads }) => {
      const other = <K extends { readonly key: string }>(named: K): K => ({ ...named, key: rename(named.key, keys) });
      const { entries = [], lists = [] } = reads ?? {};
      return { checks: checks.map(other), changes: changes.map(other), reads: { entries, lists: lists.map(other) } };
    };
}

function matches(picked: string | ((key: string) => boolean), key: string): boolean {
  return typeof picked === 'string' ? picked === key : picked(key);
}
