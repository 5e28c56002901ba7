import { StateroomError } from '../errors.ts';
import type { Ttl } from '../storage/provider.ts';
import { maxTtlMs } from '../storage/validate.ts';

/** How long a session lives: all in milliseconds, by the clock of the storage. */
export type TtlPolicy = {
  /** Since its last activity; null: for ever. 30 minutes by default. */
  readonly idleMs: number | null;
  /** Since it was made, however active; null, the default: for ever. */
  readonly absoluteMs: number | null;
  /** What counts as activity: a touch alone, a write too (the default), or a read as well. */
  readonly slideOn: 'touch' | 'write' | 'read';
  /** How long one that has expired can still be had by `sweep`, and by nobody else. 0 by default. */
  readonly graceMs: number;
};

/** Each may be left out: then it is as in the policy that this one refines. */
export type TtlOptions = { readonly [Name in keyof TtlPolicy]?: TtlPolicy[Name] | undefined };

export const defaultTtl: TtlPolicy = { idleMs: 30 * 60_000, absoluteMs: null, slideOn: 'write', graceMs: 0 };

/** Lists are given twice of it, which a storage has to take. */
const longestMs = maxTtlMs / 2;

/** INVALID for 0, negative numbers, fractions and NaN: none of them is a life span. */
export function resolveTtl(options: TtlOptions = {}, base: TtlPolicy = defaultTtl): TtlPolicy {
  const { idleMs = base.idleMs, absoluteMs = base.absoluteMs } = options;
  const { slideOn = base.slideOn, graceMs = base.graceMs } = options;
  for (const [name, ms] of Object.entries({ idleMs, absoluteMs })) {
    if (ms !== null && !isSpan(ms)) {
      throw invalid(name, `is ${ms}; give milliseconds from 1 to fifty years, or null for ever`);
    }
  }
  if (graceMs !== 0 && !isSpan(graceMs)) throw invalid('graceMs', `is ${graceMs}; give milliseconds, or 0 for none`);
  if (!['touch', 'write', 'read'].includes(slideOn)) throw invalid('slideOn', `is none of 'touch', 'write' and 'read'`);
  return { idleMs, absoluteMs, slideOn, graceMs };
}

/** What is left to a session that was active just now; null: for ever. */
export function lifeMs({ idleMs, absoluteMs }: TtlPolicy, ageMs: number): number | null {
  // One whose end has come by our clock is left to the clock of the storage.
  const restMs = absoluteMs === null ? null : Math.max(1, absoluteMs - Math.max(0, ageMs));
  if (idleMs === null || restMs === null) return idleMs ?? restMs;
  return Math.min(idleMs, restMs);
}

/** When a session ends that is not used again, as far as its record tells; null: never. */
export function expiresAt({ createdAt, updatedAt, ttl }: Lived): number | null {
  const leftMs = lifeMs(ttl, updatedAt - createdAt);
  return leftMs === null ? null : updatedAt + leftMs;
}

type Lived = { readonly createdAt: number; readonly updatedAt: number; readonly ttl: TtlPolicy };

/** What activity makes of the life span: nothing where a session is not kept alive by it. */
export function slideMs(ttl: TtlPolicy, ageMs: number): Ttl {
  return ttl.idleMs === null ? 'keep' : lifeMs(ttl, ageMs);
}

/** That of the record, which is there for a while longer than the session is. */
export function withGrace(ms: Ttl, { graceMs }: TtlPolicy): Ttl {
  return typeof ms === 'number' ? ms + graceMs : ms;
}

/**
 * Lists outlive their session's record, which alone decides whether the session is alive. So an update need not pay
 * for touching each list, only where half of this surplus is gone.
 */
export function listTtlMs({ idleMs, absoluteMs, graceMs }: TtlPolicy): number | null {
  const spanMs = idleMs ?? absoluteMs;
  return spanMs === null ? null : Math.min(maxTtlMs, spanMs * 2 + graceMs);
}

export function listsNeedTouch({ idleMs }: TtlPolicy, touchedAt: number, now: number): boolean {
  // A time in the future is that of a clock which goes ahead of ours, and tells nothing.
  return idleMs !== null && Math.abs(now - touchedAt) > idleMs / 2;
}

function isSpan(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms > 0 && ms <= longestMs;
}

function invalid(name: string, fault: string): StateroomError {
  const path = `ttl.${name}`;
  return new StateroomError('INVALID', `${path} ${fault}`, { path });
}
