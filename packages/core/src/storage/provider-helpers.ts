import { StateroomError } from '../errors.ts';
import type { ListRange, Ttl } from './provider.ts';

/** The part of a list of `length` items that a range names, as Array.prototype.slice counts. */
export function resolveRange(range: ListRange, length: number): { start: number; end: number } {
  const fromTail = (index: number) => Math.min(length, index < 0 ? Math.max(0, length + index) : index);
  const start = fromTail(range.start ?? 0);
  return { start, end: Math.max(start, fromTail(range.end ?? length)) };
}

/** When a key expires after a change, in epoch milliseconds, null for never; `before` is what holds until then. */
export function resolveExpiry(ttlMs: Ttl, before: number | null, now: number): number | null {
  if (ttlMs === 'keep') return before;
  return ttlMs === null ? null : now + ttlMs;
}

/** The answer to a key that was named as an entry and holds a list, the other way round, or holds what is neither. */
export function wrongKind(key: string, holds: string): StateroomError {
  return new StateroomError('INVALID', `key ${redactKey(key)} ${wrongKinds.get(holds) ?? 'holds what is not ours'}`);
}

const wrongKinds: ReadonlyMap<string, string> = new Map([
  ['list', 'was named as an entry but holds a list'],
  ['entry', 'was named as a list but holds an entry'],
]);

/** A key without the id in it, fit for a message. */
function redactKey(key: string): string {
  return JSON.stringify(key.replace(/\{.*\}/s, '{…}'));
}
