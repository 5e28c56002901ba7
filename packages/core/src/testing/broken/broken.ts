import { setTimeout as delay } from 'node:timers/promises';
import type { Change, Check, Commit, StorageProvider, Transaction } from '../../storage/provider.ts';
import { override } from '../../storage/override.ts';

/** A way to be wrong: the provider it makes of a right one, and the clause that must refuse it. */
export type Broken = {
  readonly fault: string;
  readonly clause: string;
  readonly of: (storage: StorageProvider) => StorageProvider;
};

/** Applies the changes whatever is there, as a provider without a compare does. */
export async function force(storage: StorageProvider, transaction: Transaction): Promise<Commit> {
  const commit = await storage.commit(transaction);
  if (commit.committed) return commit;
  const checks = transaction.checks.map((check): Check => {
    const refusal = commit.refused.find(({ key }) => key === check.key);
    if (refusal === undefined) return check;
    return 'entry' in refusal
      ? { key: check.key, version: refusal.entry?.version ?? null }
      : { key: check.key, length: refusal.length };
  });
  return storage.commit({ ...transaction, checks });
}

export function changing(storage: StorageProvider, change: (change: Change) => Change[]): StorageProvider {
  return override(storage, {
    commit: ({ changes, ...rest }) => storage.commit({ ...rest, changes: changes.flatMap(change) }),
  });
}

export const tick = () => delay(0);
