import type { Change, Check } from '@stateroom/core';
import { kindOf } from '../turns/kind-of.ts';
import type { Guard } from './guard.ts';

/** Has flushes give the lease more time instead of another version; its holder is none the wiser. */
export const touchedLease: Guard['without'] = (keys) => {
  /** What the holder takes for the lease's version, and which it is. */
  const versions = new Map<string, string>();
  return async (transaction) => {
    const held = transaction.checks.find(({ key }) => key === keys.lease);
    if (held === undefined || 'length' in held || held.version === null) return transaction;
    const version = versions.get(held.version) ?? held.version;
    const checks = transaction.checks.map((check): Check =>
      check.key === keys.lease ? { key: keys.lease, version } : check,
    );
    if (kindOf(transaction, keys) !== 'flush') return { ...transaction, checks };
    const changes = transaction.changes.map((change): Change => {
      if (change.key !== keys.lease || change.type !== 'set') return change;
      versions.set(change.version, version);
      return { type: 'touch', key: keys.lease, ttlMs: 1000 };
    });
    return { ...transaction, checks, changes };
  };
};
