import type { RoomState } from './room-state.ts';

/** What a commit took away that it had no right to: only a rollback, a rewind and a deletion take anything. */
export function lossFaults(
  before: RoomState,
  after: RoomState,
  toldAfter: ReadonlyMap<string | null, readonly string[]>,
): string[] {
  if (after.record === null) return letterFaults(before, after);
  if (before.record === null) return [];
  if (after.turns.length < before.turns.length) return rewindFaults(before, after, toldAfter);
  const rolledBack = after.turns.slice(before.turns.length).find(({ status }) => status === 'rolled_back');
  const isDropped = rolledBack !== undefined && rolledBack.turnId === before.run?.turnId && before.run.base !== null;
  const kept = isDropped ? before.messages.slice(0, before.run?.base ?? 0) : before.messages;
  const told = isDropped && before.record.toldBefore !== null ? before.record.toldBefore : before.record.told;
  return [
    ...(beginsWith(after.messages, kept) ? [] : ['a part of the transcript was lost']),
    ...(beginsWith(after.turns, before.turns) ? [] : ['a turn was lost']),
    ...told.filter((token) => !after.record?.told.includes(token)).map((token) => `${token} was lost`),
  ];
}

/**
 * Whoever deletes a session finds the letters to its turns, but not those to turns that never began: these go by
 * themselves. Afterwards nobody writes any.
 */
function letterFaults(before: RoomState, after: RoomState): string[] {
  if (before.record === null)
    return after.mail.size > before.mail.size ? ['a letter in a session that is not there'] : [];
  const known = new Set([before.run?.turnId, ...before.turns.map(({ turnId }) => turnId)]);
  return [...after.mail.keys()]
    .filter((turnId) => known.has(turnId))
    .map((turnId) => `letters to ${turnId} are left over`);
}

/** State, transcript and turns are what they were after the turn that is the last now. */
function rewindFaults(
  before: RoomState,
  after: RoomState,
  toldAfter: ReadonlyMap<string | null, readonly string[]>,
): string[] {
  const faults: string[] = [];
  const last = after.turns.at(-1);
  if (before.run !== null) faults.push(`${before.run.turnId} was cut by a rewind`);
  if (!beginsWith(before.turns, after.turns)) faults.push('a rewind has put other turns in place');
  if (after.messages.length !== (last?.messages.to ?? 0) || !beginsWith(before.messages, after.messages))
    faults.push('a rewind has not left the transcript as it was');
  const then = (toldAfter.get(last?.turnId ?? null) ?? []).join();
  const now = after.record?.told.join() ?? '';
  if (now !== then) faults.push(`a rewind left the state [${now}], not [${then}]`);
  return faults;
}

function beginsWith(whole: readonly unknown[], start: readonly unknown[]): boolean {
  return JSON.stringify(whole.slice(0, start.length)) === JSON.stringify(start);
}
