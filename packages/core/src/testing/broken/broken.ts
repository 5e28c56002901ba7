import { setTimeout as delay } from 'node:timers/promises';
import type {
  Change,
  Check,
  Commit,
  ListWindow,
  ScannedKey,
  StorageEntry,
  StorageProvider,
  Transaction,
} from '../../storage/provider.ts';
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

export function readingLists(storage: StorageProvider, seen: (window: ListWindow) => ListWindow): StorageProvider {
  return override(storage, {
    read: async (reads) => {
      const { entries, lists } = await storage.read(reads);
      return { entries, lists: lists.map(seen) };
    },
  });
}

export function readingEntries(storage: StorageProvider, seen: (entry: StorageEntry) => StorageEntry): StorageProvider {
  return override(storage, {
    read: async (reads) => {
      const { entries, lists } = await storage.read(reads);
      return { entries: entries.map((entry) => entry && seen(entry)), lists };
    },
  });
}

export function scanning(
  storage: StorageProvider,
  seen: (found: readonly ScannedKey[]) => ScannedKey[],
): StorageProvider {
  return override(storage, {
    scan: async (prefix, cursor, limit) => {
      const page = await storage.scan(prefix, cursor, limit);
      return { ...page, found: seen(page.found) };
    },
  });
}

export const tick = () => delay(0);
