import type { Context } from './pending.ts';
import type { Found } from './reply.ts';
import type { SessionRecord, TranscriptList } from './stored.ts';

/** The record as it is written next: the version it had goes in front of its trail. */
export function nextRecord(
  { version, value }: Found<SessionRecord>,
  changes: Partial<SessionRecord>,
  { off, trailLength }: Context,
): SessionRecord {
  const trail = off.has('record.trail') ? [] : [version, ...value.trail].slice(0, trailLength);
  return { ...value, ...changes, trail };
}

/** The lists of the session once something is appended to these. */
export function listsWith({ lists }: SessionRecord, begun: readonly TranscriptList[]): readonly TranscriptList[] {
  return (['messages', 'turns'] as const).filter((name) => lists.includes(name) || begun.includes(name));
}

export function withToken(state: readonly string[], token: string): readonly string[] {
  return [...state, token].toSorted();
}
