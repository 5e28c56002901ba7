import type { StorageProvider } from '../../storage/provider.ts';
import { override } from '../../storage/override.ts';
import { type Broken, tick } from './broken.ts';

const refusal = 'a refusal tells what is there now, in the order of the checks';
const snapshot = 'the snapshot comes back with the commit, as things are after it';
const wrongKind = 'a key of the wrong kind is invalid wherever it is named';
const wrongRead = 'a commit that reads a key as what it is not, or will not be, changes nothing';

export const brokenAnswers: readonly Broken[] = [
  {
    fault: 'refuses without a word',
    clause: refusal,
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const commit = await storage.commit(transaction);
          return { ...commit, refused: commit.refused.map(({ key }) => ({ key, entry: null })) };
        },
      }),
  },
  {
    fault: 'tells refused lengths after refused versions',
    clause: refusal,
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const commit = await storage.commit(transaction);
          const refused = commit.refused.toSorted((a, b) => Number('length' in a) - Number('length' in b));
          return { ...commit, refused };
        },
      }),
  },
  {
    fault: 'tells refused lengths from the last to the first',
    clause: refusal,
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const commit = await storage.commit(transaction);
          const isOfLengths = commit.refused.every((refused) => 'length' in refused);
          return isOfLengths ? { ...commit, refused: commit.refused.toReversed() } : commit;
        },
      }),
  },
  {
    fault: 'shows what was there before the commit',
    clause: snapshot,
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const before = await storage.read(transaction.reads ?? {});
          return { ...(await storage.commit(transaction)), snapshot: before };
        },
      }),
  },
  {
    fault: 'reads lists whole when it commits',
    clause: snapshot,
    of: (storage) =>
      override(storage, {
        commit: ({ reads = {}, ...rest }) =>
          storage.commit({ ...rest, reads: { ...reads, lists: (reads.lists ?? []).map(({ key }) => ({ key })) } }),
      }),
  },
  {
    fault: 'shows nothing when it refuses',
    clause: snapshot,
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const commit = await storage.commit(transaction);
          return commit.committed ? commit : { ...commit, snapshot: { entries: [], lists: [] } };
        },
      }),
  },
  {
    fault: 'answers a key but once',
    clause: 'a key that is asked for twice is answered twice',
    of: (storage) =>
      override(storage, {
        read: async (reads) => {
          const { entries, lists } = await storage.read(reads);
          const isFirst = (index: number) => reads.entries?.indexOf(reads.entries[index] ?? '') === index;
          return { entries: entries.map((entry, index) => (isFirst(index) ? entry : null)), lists };
        },
      }),
  },
  {
    fault: 'reads the lists after the entries',
    clause: 'a reader sees all of a commit or nothing of it, in one moment',
    of: (storage) =>
      override(storage, {
        read: async ({ entries = [], lists = [] }) => {
          const first = await storage.read({ entries });
          await tick();
          return { entries: first.entries, lists: (await storage.read({ lists })).lists };
        },
      }),
  },
  {
    fault: 'ignores the truncation of an entry',
    clause: wrongKind,
    of: ignoresTruncationOfEntries,
  },
  {
    fault: 'commits, and only then finds a wrong kind in the reads',
    clause: wrongRead,
    of: (storage) =>
      override(storage, {
        commit: async ({ reads = {}, ...rest }) => {
          const commit = await storage.commit(rest);
          return { ...commit, snapshot: await storage.read(reads) };
        },
      }),
  },
  {
    fault: 'takes a list that a commit makes for an absent entry',
    clause: wrongRead,
    of: takesNewListsForAbsent,
  },
  {
    fault: 'judges reads by what was there before the commit',
    clause: 'a commit reads a key that changes its kind as what it becomes',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          await storage.read(transaction.reads ?? {});
          return storage.commit(transaction);
        },
      }),
  },
  {
    fault: 'judges the kinds of changes that it refuses',
    clause: 'a commit whose checks do not hold is refused, whatever the kinds of what it would change',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          for (const { type, key } of transaction.changes) {
            if (type === 'set') await storage.read({ entries: [key] });
            if (type === 'append') await storage.read({ lists: [{ key }] });
          }
          return storage.commit(transaction);
        },
      }),
  },
];

function ignoresTruncationOfEntries(storage: StorageProvider): StorageProvider {
  const entries = new Set<string>();
  return override(storage, {
    commit: async (transaction) => {
      const isIgnored = ({ type, key }: (typeof transaction.changes)[number]) =>
        type === 'truncate' && entries.has(key);
      const changes = transaction.changes.filter((change) => !isIgnored(change));
      const commit = await storage.commit({ ...transaction, changes });
      for (const { type, key } of changes) if (type === 'set') entries.add(key);
      return commit;
    },
  });
}

function takesNewListsForAbsent(storage: StorageProvider): StorageProvider {
  return override(storage, {
    commit: async ({ reads = {}, ...rest }) => {
      const made = new Set(rest.changes.filter(({ type }) => type === 'append').map(({ key }) => key));
      const asked = reads.entries ?? [];
      const { snapshot: seen, ...commit } = await storage.commit({
        ...rest,
        reads: { ...reads, entries: asked.filter((key) => !made.has(key)) },
      });
      const found = [...seen.entries];
      const entries = asked.map((key) => (made.has(key) ? null : (found.shift() ?? null)));
      return { ...commit, snapshot: { ...seen, entries } };
    },
  });
}
