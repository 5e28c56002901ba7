import type { Check, StorageEntry, StorageProvider } from '../../storage/provider.ts';
import { override } from '../../storage/override.ts';
import { type Broken, force, tick } from './broken.ts';

export const brokenCommits: readonly Broken[] = [
  {
    fault: 'forgets the last change',
    clause: 'a commit whose checks hold applies all of its changes',
    of: (storage) =>
      override(storage, {
        commit: (transaction) => {
          const { changes } = transaction;
          return storage.commit(changes.length > 1 ? { ...transaction, changes: changes.slice(0, -1) } : transaction);
        },
      }),
  },
  {
    fault: 'tells a failed commit as a success',
    clause: 'a commit that fails at a later change has made no earlier one',
    of: (storage) =>
      override(storage, {
        commit: (transaction) =>
          storage
            .commit(transaction)
            .catch(() => ({ committed: true, refused: [], snapshot: { entries: [], lists: [] } })),
      }),
  },
  {
    fault: 'sends what it has sent once more',
    clause: 'a list keeps its items in the order in which they were appended',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const commit = await storage.commit(transaction);
          await storage.commit(transaction);
          return commit;
        },
      }),
  },
  {
    fault: 'does not compare',
    clause: 'a commit with one check that does not hold changes nothing',
    of: (storage) => override(storage, { commit: (transaction) => force(storage, transaction) }),
  },
  {
    fault: 'commits change by change',
    clause: 'a commit that fails at a later change has made no earlier one',
    of: commitsOneByOne,
  },
  {
    fault: 'applies the changes from the last to the first',
    clause: 'changes are applied in their order',
    of: (storage) =>
      override(storage, {
        commit: (transaction) => storage.commit({ ...transaction, changes: transaction.changes.toReversed() }),
      }),
  },
  {
    fault: 'compares, then writes, in two steps',
    clause: '64 writers at once lose no update',
    of: comparesThenWrites,
  },
  {
    fault: 'compares lengths, then appends, in two steps',
    clause: '64 writers at once who check the length of a list append one after the other',
    of: comparesThenWrites,
  },
  {
    fault: 'reads key by key',
    clause: 'a reader sees all of a commit or nothing of it, in one moment',
    of: (storage) =>
      override(storage, {
        read: async ({ entries = [], lists = [] }) => {
          const found: (StorageEntry | null)[] = [];
          for (const key of entries) {
            found.push((await storage.read({ entries: [key] })).entries[0] ?? null);
            if (entries.length > 1) await tick();
          }
          return { entries: found, lists: (await storage.read({ lists })).lists };
        },
      }),
  },
  {
    fault: 'shows a commit before it is whole',
    clause: 'a reader sees all of a commit or nothing of it, in one moment',
    of: commitsOneByOne,
  },
  {
    fault: 'compares versions without regard to case',
    clause: 'a version is compared to the letter',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const commit = await storage.commit(transaction);
          const isAlike = commit.refused.every((refusal) => {
            const check = transaction.checks.find(({ key }) => key === refusal.key);
            if (check === undefined || !('version' in check) || !('entry' in refusal)) return false;
            return check.version?.toLowerCase() === refusal.entry?.version.toLowerCase();
          });
          return !commit.committed && isAlike ? force(storage, transaction) : commit;
        },
      }),
  },
  {
    fault: 'deletes and truncates without being asked to compare',
    clause: 'a commit that could be applied twice is invalid',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const isBlind = transaction.checks.length === 0;
          const [change] = transaction.changes;
          if (!isBlind || (change?.type !== 'delete' && change?.type !== 'truncate'))
            return storage.commit(transaction);
          return storage.commit({ ...transaction, checks: [await checkThatHolds(storage, change.key)] });
        },
      }),
  },
  {
    fault: 'writes without being asked to compare',
    clause: 'a commit that could be applied twice is invalid',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const checked = new Set(transaction.checks.map(({ key }) => key));
          const keys = transaction.changes.filter(({ type }) => type === 'set').map(({ key }) => key);
          const added = keys.filter((key) => !checked.has(key)).map((key): Check => ({ key, version: null }));
          return force(storage, { ...transaction, checks: [...transaction.checks, ...added] });
        },
      }),
  },
];

function comparesThenWrites(storage: StorageProvider): StorageProvider {
  return override(storage, {
    commit: async (transaction) => {
      const compared = await storage.commit({ ...transaction, changes: [] });
      await tick();
      return compared.committed ? force(storage, transaction) : compared;
    },
  });
}

function commitsOneByOne(storage: StorageProvider): StorageProvider {
  return override(storage, {
    commit: async (transaction) => {
      const judged = await storage.commit({ ...transaction, changes: [] });
      if (!judged.committed) return judged;
      for (const change of transaction.changes) {
        await tick();
        const checks: Check[] = transaction.checks.filter(({ key }) => key === change.key);
        if (checks.length === 0 && change.type === 'set') checks.push({ key: change.key, version: null });
        await force(storage, { checks, changes: [change] });
      }
      return storage.commit({ ...transaction, checks: [], changes: [] });
    },
  });
}

async function checkThatHolds(storage: StorageProvider, key: string): Promise<Check> {
  const { found } = await storage.scan(key, null, 100);
  if (found.some((scanned) => scanned.key === key && scanned.kind === 'list')) {
    return { key, length: (await storage.read({ lists: [{ key }] })).lists[0]?.length ?? 0 };
  }
  return { key, version: (await storage.read({ entries: [key] })).entries[0]?.version ?? null };
}
