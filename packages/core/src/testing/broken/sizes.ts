import { override } from '../../storage/override.ts';
import { type Broken, changing, readingEntries, readingLists, scanning } from './broken.ts';

const values = 'a value of 2 MiB and an item of 1 MiB are kept';
const list = 'a list holds 100,000 items, 10,000 may come in one commit, and 5,000 be read at once';
const commit = 'a commit makes 200 checks and 200 changes';
const read = 'a read answers 200 entries and 200 windows';
const scan = 'a scan finds all of 2,000 keys, and none once they are deleted';

export const brokenSizes: readonly Broken[] = [
  {
    fault: 'cuts long values',
    clause: values,
    of: (storage) => readingEntries(storage, ({ value, version }) => ({ value: value.slice(0, 2 ** 21), version })),
  },
  {
    fault: 'cuts long items',
    clause: values,
    of: (storage) =>
      readingLists(storage, ({ items, length }) => ({ items: items.map((item) => item.slice(0, 65_536)), length })),
  },
  {
    fault: 'cuts long items that come with others',
    clause: values,
    of: (storage) =>
      changing(storage, (change) => [
        change.type === 'append' && change.items.length > 1
          ? { ...change, items: change.items.map((item) => item.slice(0, 65_536)) }
          : change,
      ]),
  },
  {
    fault: 'keeps lists short',
    clause: list,
    of: (storage) => readingLists(storage, ({ items, length }) => ({ items, length: Math.min(length, 50_000) })),
  },
  {
    fault: 'reads no more than 1,000 items',
    clause: list,
    of: (storage) => readingLists(storage, ({ items, length }) => ({ items: items.slice(0, 1000), length })),
  },
  {
    fault: 'looks at no more than 100 checks',
    clause: commit,
    of: (storage) =>
      override(storage, {
        commit: (transaction) => storage.commit({ ...transaction, checks: transaction.checks.slice(0, 100) }),
      }),
  },
  {
    fault: 'makes no more than 50 changes',
    clause: commit,
    of: (storage) =>
      override(storage, {
        commit: (transaction) => storage.commit({ ...transaction, changes: transaction.changes.slice(0, 50) }),
      }),
  },
  {
    fault: 'reads no more than 50 entries',
    clause: read,
    of: (storage) =>
      override(storage, {
        read: async (reads) => {
          const { entries, lists } = await storage.read(reads);
          return { entries: entries.map((entry, index) => (index < 50 ? entry : null)), lists };
        },
      }),
  },
  {
    fault: 'reads no more than 50 windows',
    clause: read,
    of: (storage) =>
      override(storage, {
        read: async (reads) => {
          const { entries, lists } = await storage.read(reads);
          return { entries, lists: lists.slice(0, 50) };
        },
      }),
  },
  {
    fault: 'scans no more than 500 keys',
    clause: scan,
    of: (storage) => scanning(storage, (found) => found.slice(0, 500)),
  },
];
