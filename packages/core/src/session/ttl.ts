import { StateroomError } from '../errors.ts';
import { maxTtlMs } from '../storage/validate.ts';

/** How long a session lives after its last write or touch. Null: until it is deleted. */
export type TtlPolicy = { readonly idleMs: number | null };

const defaultIdleMs = 30 * 60_000;
/** Lists are given twice of it, which a storage has to take. */
const longestIdleMs = maxTtlMs / 2;

/** INVALID for 0, negative numbers, fractions and NaN: none of them is a life span. */
export function resolveTtl({ idleMs = defaultIdleMs }: Partial<TtlPolicy> = {}): TtlPolicy {
  if (idleMs !== null && !(Number.isSafeInteger(idleMs) && idleMs > 0 && idleMs <= longestIdleMs)) {
    const path = 'ttl.idleMs';
    const message = `${path} is ${idleMs}; give milliseconds from 1 to fifty years, or null for ever`;
    throw new StateroomError('INVALID', message, { path });
  }
  return { idleMs };
}

/**
 * Lists outlive their session's record, which alone decides whether the session is alive. So an update need not pay
 * for touching each list, only where half of this surplus is gone.
 */
export function listTtlMs({ idleMs }: TtlPolicy): number | null {
  return idleMs === null ? null : idleMs * 2;
}

export function listsNeedTouch({ idleMs }: TtlPolicy, touchedAt: number, now: number): boolean {
  // A time in the future is that of a clock which goes ahead of ours, and tells nothing.
  return idleMs !== null && Math.abs(now - touchedAt) > idleMs / 2;
}
