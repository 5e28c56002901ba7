import { StateroomError } from '../errors.ts';

/** How long a session lives after its last write or touch. Null: until it is deleted. */
export type TtlPolicy = { readonly idleMs: number | null };

const defaultIdleMs = 30 * 60_000;

/** INVALID for 0, negative numbers, fractions and NaN: none of them is a life span. */
export function resolveTtl({ idleMs = defaultIdleMs }: Partial<TtlPolicy> = {}): TtlPolicy {
  if (idleMs !== null && !(Number.isSafeInteger(idleMs) && idleMs > 0)) {
    const path = 'ttl.idleMs';
    throw new StateroomError('INVALID', `${path} is ${idleMs}; give milliseconds above 0, or null for ever`, { path });
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
  return idleMs !== null && now - touchedAt > idleMs / 2;
}
