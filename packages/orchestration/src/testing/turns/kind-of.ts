import type { Change, Transaction } from '@stateroom/core';
import type { TurnKeys } from '../../turn/turn-parts.ts';

/** The operation that a commit belongs to. */
export type CommitKind =
  | 'look'
  /** Begins a turn; `answer`: and takes a question, `recovery`: and closes a dead turn, or cuts some off. */
  | 'begin'
  | 'answer'
  | 'recovery'
  | 'flush'
  | 'step'
  | 'end'
  /** Of those who wait. */
  | 'join'
  | 'poll'
  | 'leave'
  | 'letter'
  /** Closes a dead turn, and begins none. */
  | 'close'
  | 'rewind'
  | 'create'
  | 'update'
  | 'reset'
  | 'delete'
  | 'other';

/** Tells the operation by the keys that it changes. */
export function kindOf({ changes }: Pick<Transaction, 'changes'>, keys: TurnKeys): CommitKind {
  if (changes.length === 0) return 'look';
  const on = (key: string) => changes.filter((change) => change.key === key).map(({ type }) => type);
  const sets = (key: string) => on(key).includes('set');
  const deletes = (key: string) => on(key).includes('delete');
  if (deletes(keys.record)) return 'delete';
  if (sets(keys.guard)) return 'create';
  if (sets(keys.lease)) return holdersKind(changes, keys);
  const endsTurn = on(keys.turns).includes('append');
  if (endsTurn) return deletes(keys.lease) ? 'end' : 'close';
  if (deletes(keys.lease)) return 'reset';
  if (sets(keys.record)) return on(keys.turns).length > 0 ? 'rewind' : 'update';
  const ticket = changes.find(({ key }) => key.startsWith(keys.ticket('')));
  if (ticket !== undefined) return ticket.type === 'set' ? 'join' : ticket.type === 'touch' ? 'poll' : 'leave';
  return changes.every(({ key }) => key.startsWith(keys.mail(''))) ? 'letter' : 'other';
}

function holdersKind(changes: readonly Change[], keys: TurnKeys): CommitKind {
  const version = (of: string) =>
    changes.flatMap((change) => (change.type === 'set' && change.key === of ? [change.version] : []))[0];
  const isBegin = version(keys.run) !== undefined && version(keys.run) === version(keys.lease);
  const cutsOrCloses = changes.some(({ key }) => key === keys.turns);
  if (isBegin && version(keys.record) !== undefined) return cutsOrCloses ? 'recovery' : 'answer';
  if (isBegin) return 'begin';
  return version(keys.record) === undefined ? 'flush' : 'step';
}
