import { isStateroomError } from '../../errors.ts';
import type { Check, Snapshot, StorageProvider } from '../../storage/provider.ts';
import { override } from '../../storage/override.ts';
import { type Broken, changing, readingEntries, readingLists, scanning, tick } from './broken.ts';

export const brokenData: readonly Broken[] = [
  {
    fault: 'pushes at the head',
    clause: 'a list keeps its items in the order in which they were appended',
    of: (storage) => readingLists(storage, ({ items, length }) => ({ items: items.toReversed(), length })),
  },
  {
    fault: 'takes the end of a window as inclusive',
    clause: 'a window is cut as Array.prototype.slice cuts, from either end',
    of: (storage) =>
      override(storage, {
        read: (reads) =>
          storage.read({
            ...reads,
            lists: (reads.lists ?? []).map((range) =>
              range.end !== undefined && range.end > 0 ? { ...range, end: range.end + 1 } : range,
            ),
          }),
      }),
  },
  {
    fault: 'does not truncate',
    clause: 'truncate keeps the first items; to none is no list; beyond the end is nothing',
    of: (storage) => changing(storage, (change) => (change.type === 'truncate' ? [] : [change])),
  },
  {
    fault: 'does not check lengths',
    clause: 'a check of the length holds for that length alone',
    of: (storage) =>
      override(storage, {
        commit: (transaction) => {
          const isOfVersion = (check: Check) => 'version' in check;
          const mayRepeat = transaction.changes.every(({ type }) => type === 'append');
          return storage.commit(
            mayRepeat ? { ...transaction, checks: transaction.checks.filter(isOfVersion) } : transaction,
          );
        },
      }),
  },
  {
    fault: 'leaves the items of a deleted list',
    clause: 'deleting a list takes its items with it',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          const commit = await storage.commit({ ...transaction, changes: [] });
          if (!commit.committed) return commit;
          const lists = transaction.checks.filter((check) => 'length' in check).map(({ key }) => key);
          const kept = transaction.changes.filter(({ type, key }) => type !== 'delete' || !lists.includes(key));
          return storage.commit({ ...transaction, changes: kept });
        },
      }),
  },
  {
    fault: 'cuts keys at a zero character',
    clause: 'any well-formed text is a key of its own',
    of: (storage) => withKeys(storage, (key) => key.split('\0', 1)[0] ?? ''),
  },
  {
    fault: 'deletes by prefix',
    clause: 'deleting a key touches no other, however alike',
    of: deletesByPrefix,
  },
  {
    fault: 'guesses the type of a value',
    clause: 'a value comes back to the letter, in entries, lists and refusals',
    of: (storage) => readingEntries(storage, ({ value, version }) => ({ value: guessed(value), version })),
  },
  {
    fault: 'decodes what it reads as if it were a file',
    clause: 'a value comes back to the letter, in entries, lists and refusals',
    of: (storage) =>
      readingLists(storage, ({ items, length }) => ({
        items: items.map((item) => item.replace(/^\uFEFF/, '')),
        length,
      })),
  },
  {
    fault: 'cuts long keys',
    clause: 'any well-formed text is a key of its own',
    of: (storage) => withKeys(storage, (key) => key.slice(0, 1023)),
  },
  {
    fault: 'replaces half a surrogate pair',
    clause: 'half a surrogate pair is refused or kept, never changed',
    of: (storage) =>
      changing(storage, (change) => [
        change.type === 'set' ? { ...change, value: change.value.toWellFormed() } : change,
      ]),
  },
  {
    fault: 'hands out its own arrays',
    clause: 'nothing is shared by reference',
    of: sharesArrays,
  },
  {
    fault: 'takes the wrong kind for absence',
    clause: 'a key of the wrong kind is invalid wherever it is named',
    of: (storage) =>
      override(storage, {
        read: (reads) =>
          storage.read(reads).catch((error: unknown) => {
            if (isStateroomError(error) && error.code === 'INVALID') return absent(reads.entries?.length ?? 0);
            throw error;
          }),
      }),
  },
  {
    fault: 'takes a life span that is none for ever',
    clause: 'a version, life span or length that is none is invalid, with nothing changed',
    of: (storage) =>
      changing(storage, (change) => {
        const isNone = 'ttlMs' in change && typeof change.ttlMs === 'number' && !(change.ttlMs > 0);
        return [isNone ? { ...change, ttlMs: null } : change];
      }),
  },
  {
    fault: 'cuts versions',
    clause: 'the longest version is kept',
    of: (storage) =>
      changing(storage, (change) => [
        change.type === 'set' ? { ...change, version: change.version.slice(0, 32) } : change,
      ]),
  },
  {
    fault: 'scans lists as entries',
    clause: 'a scan finds each key with the prefix, its kind and what is left of its life',
    of: (storage) => scanning(storage, (found) => found.map((scanned) => ({ ...scanned, kind: 'entry' }))),
  },
  {
    fault: 'scans lists as immortal',
    clause: 'a scan finds each key with the prefix, its kind and what is left of its life',
    of: (storage) =>
      scanning(storage, (found) =>
        found.map((scanned) => (scanned.kind === 'list' ? { ...scanned, ttlMs: null } : scanned)),
      ),
  },
  {
    fault: 'takes a prefix for a pattern',
    clause: 'a prefix is text, not a pattern',
    of: (storage) =>
      override(storage, {
        scan: async (prefix, cursor, limit) => {
          const page = await storage.scan('', cursor, limit);
          const pattern = new RegExp(`^${prefix.replace(/[\\[\]?]/g, '\\$&').replace(/[*%_]/g, '.*')}`);
          return { ...page, found: page.found.filter(({ key }) => pattern.test(key)) };
        },
      }),
  },
  {
    fault: 'pages a scan by position',
    clause: 'pages of one and of few miss nothing that stood all the while, though others come and go',
    of: (storage) =>
      override(storage, {
        scan: async (prefix, cursor, limit) => {
          const { found } = await storage.scan(prefix, null, limit);
          const keys = found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
          const end = Number(cursor ?? 0) + limit;
          return { found: keys.slice(end - limit, end), cursor: end < keys.length ? String(end) : null };
        },
      }),
  },
  {
    fault: 'takes a page of one for the last',
    clause: 'pages of one and of few miss nothing that stood all the while, though others come and go',
    of: (storage) =>
      override(storage, {
        scan: async (prefix, cursor, limit) => {
          const page = await storage.scan(prefix, cursor, limit);
          return limit === 1 ? { found: page.found.slice(0, 1), cursor: null } : page;
        },
      }),
  },
  {
    fault: 'is out of reach',
    clause: 'it says its name, who sees its data and what a read promises, and answers a ping',
    of: (storage) => override(storage, { ping: () => Promise.reject(new Error('no route to host')) }),
  },
  {
    fault: 'tells what is in flight at close as absent',
    clause: 'what is in flight at close is answered as it is, or fails',
    of: (storage) =>
      override(storage, {
        read: async (reads) => {
          await tick();
          return storage.read(reads).catch(() => absent(reads.entries?.length ?? 0));
        },
      }),
  },
  {
    fault: 'tells what is in flight at close as done',
    clause: 'what is in flight at close is answered as it is, or fails',
    of: (storage) =>
      override(storage, {
        commit: async (transaction) => {
          await tick();
          const done = { committed: true, refused: [], snapshot: absent(transaction.reads?.entries?.length ?? 0) };
          return storage.commit(transaction).catch(() => done);
        },
      }),
  },
  {
    fault: 'keeps a timer after close',
    clause: 'close leaves nothing behind that would keep a process from ending',
    of: (storage) => {
      setTimeout(() => {}, 10_000);
      return storage;
    },
  },
  {
    fault: 'tells an outage as absence',
    clause: 'close may be called twice, and what comes after it is a STORAGE error, not absence',
    of: (storage) =>
      override(storage, { read: (reads) => storage.read(reads).catch(() => absent(reads.entries?.length ?? 0)) }),
  },
];

function absent(entries: number): Snapshot {
  return { entries: Array.from({ length: entries }, () => null), lists: [] };
}

function withKeys(storage: StorageProvider, stored: (key: string) => string): StorageProvider {
  return override(storage, {
    read: (reads) => storage.read({ ...reads, entries: (reads.entries ?? []).map(stored) }),
    commit: ({ checks, changes, ...rest }) =>
      storage.commit({
        ...rest,
        checks: checks.map((check) => ({ ...check, key: stored(check.key) })),
        changes: changes.map((change) => ({ ...change, key: stored(change.key) })),
      }),
  });
}

function deletesByPrefix(storage: StorageProvider): StorageProvider {
  return override(storage, {
    commit: async (transaction) => {
      const commit = await storage.commit(transaction);
      for (const { key: prefix } of transaction.changes.filter(({ type }) => type === 'delete')) {
        for (const { key } of (await storage.scan(prefix, null, 100)).found) {
          const entry = (await storage.read({ entries: [key] })).entries[0];
          const checks = [{ key, version: entry?.version ?? null }];
          await storage.commit({ checks, changes: [{ type: 'delete', key }] });
        }
      }
      return commit;
    },
  });
}

function guessed(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

function sharesArrays(storage: StorageProvider): StorageProvider {
  const handedOut = new Map<string, string[]>();
  return override(storage, {
    read: async (reads) => {
      const { entries, lists } = await storage.read(reads);
      const shared = lists.map(({ items, length }, index) => {
        const key = reads.lists?.[index]?.key ?? '';
        const own = handedOut.get(key) ?? [...items];
        handedOut.set(key, own);
        return { items: own, length };
      });
      return { entries, lists: shared };
    },
  });
}
