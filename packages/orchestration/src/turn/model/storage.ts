import { type EntryKey, type EntryValues, guardVersion, type ListItems, type ListKey, type Version } from './stored.ts';

/**
 * The storage contract of @stateroom/core as the model sees it: a checked commit is one event, values are plain, and a
 * life span is a number of ticks of the storage's clock. An entry or list whose ticks have run out is absent.
 */
export type Storage = {
  readonly entries: { readonly [K in EntryKey]?: Entry<EntryValues[K]> };
  readonly lists: { readonly [K in ListKey]?: List<ListItems[K]> };
};

type Entry<V> = { readonly version: Version; readonly value: V; readonly ticks: number | null };
type List<I> = { readonly items: readonly I[]; readonly ticks: number | null };

export const noSession: Storage = { entries: {}, lists: {} };

/** A session in which no turn has run yet. */
export const emptySession: Storage = {
  entries: {
    guard: { version: guardVersion, value: 'session', ticks: null },
    record: { version: 'v0', value: { state: [], open: null, lists: [], trail: [] }, ticks: null },
  },
  lists: {},
};

/** What a life span is for: a lease, a ticket in the line and a letter may run out, the rest stays. */
type Life = 'ever' | 'lease' | 'ticket' | 'letter';
export type Lives = Readonly<Record<Life, number | null>>;

export type Check =
  | { readonly key: EntryKey; readonly version: Version | null }
  | { readonly key: ListKey; readonly length: number };

export type Change =
  | {
      readonly [K in EntryKey]: {
        readonly type: 'set';
        readonly key: K;
        readonly value: EntryValues[K];
        readonly version: Version;
        readonly life: Life;
      };
    }[EntryKey]
  | {
      readonly [K in ListKey]: {
        readonly type: 'append';
        readonly key: K;
        readonly items: readonly ListItems[K][];
        readonly life: Life;
      };
    }[ListKey]
  | { readonly type: 'truncate'; readonly key: ListKey; readonly length: number }
  | { readonly type: 'touch'; readonly key: EntryKey; readonly life: Life }
  | { readonly type: 'delete'; readonly key: EntryKey | ListKey };

/** `start` and `end` are as in `Array.prototype.slice`. */
export type ListRange = { readonly key: ListKey; readonly start?: number; readonly end?: number };
export type Reads = { readonly entries: readonly EntryKey[]; readonly lists: readonly ListRange[] };

export type Transaction = {
  readonly checks: readonly Check[];
  readonly changes: readonly Change[];
  readonly reads: Reads;
};

export type Commit = {
  readonly storage: Storage;
  /** The keys whose checks did not hold; none if it was committed. */
  readonly refused: readonly (EntryKey | ListKey)[];
};

/** If all checks hold, the storage with all changes, else the storage as it is. */
export function commit(storage: Storage, { checks, changes }: Transaction, lives: Lives): Commit {
  const refused = checks.filter((check) => !holds(storage, check)).map(({ key }) => key);
  if (refused.length > 0) return { storage, refused };
  return { storage: changes.reduce((before, change) => changed(before, change, lives), storage), refused };
}

/** Whether the same commit would be refused if it came again. One of appends and touches alone may take effect twice. */
export function refusesItself(after: Storage, { checks, changes }: Transaction): boolean {
  const mayRepeat = changes.every(({ type }) => type === 'append' || type === 'touch');
  return mayRepeat || checks.some((check) => !holds(after, check));
}

/** The storage after one tick of its clock. */
export function tick({ entries, lists }: Storage): Storage {
  return { entries: aged(entries), lists: aged(lists) };
}

/** The storage after the session has expired: what has a life span of its own stays, tickets, leases and letters. */
export function withoutSessionKeys({ entries, lists }: Storage): Storage {
  const isOfSession = (key: string) => !/^(lease$|wait:|mail:)/.test(key);
  return {
    entries: Object.keys(entries).filter(isOfSession).reduce(without, entries),
    lists: Object.keys(lists).filter(isOfSession).reduce(without, lists),
  };
}

function holds({ entries, lists }: Storage, check: Check): boolean {
  if ('length' in check) return (lists[check.key]?.items.length ?? 0) === check.length;
  return (entries[check.key]?.version ?? null) === check.version;
}

function changed(storage: Storage, change: Change, lives: Lives): Storage {
  const { entries, lists } = storage;
  switch (change.type) {
    case 'set': {
      const { key, version, value, life } = change;
      return { entries: { ...entries, [key]: { version, value, ticks: lives[life] } }, lists };
    }
    case 'append': {
      const { key, items, life } = change;
      const list = { items: [...(lists[key]?.items ?? []), ...items], ticks: lives[life] };
      return items.length === 0 ? storage : { entries, lists: { ...lists, [key]: list } };
    }
    case 'truncate': {
      const list = lists[change.key];
      if (list === undefined) return storage;
      if (change.length === 0) return { entries, lists: without(lists, change.key) };
      const items = list.items.slice(0, change.length);
      return { entries, lists: { ...lists, [change.key]: { ...list, items } } };
    }
    case 'touch': {
      const entry = entries[change.key];
      if (entry === undefined) return storage;
      return { entries: { ...entries, [change.key]: { ...entry, ticks: lives[change.life] } }, lists };
    }
    case 'delete':
      return { entries: without(entries, change.key), lists: without(lists, change.key) };
  }
}

function without<T extends object>(keyed: T, key: string): T {
  if (!Object.hasOwn(keyed, key)) return keyed;
  const copy = { ...keyed };
  Reflect.deleteProperty(copy, key);
  return copy;
}

function aged<T extends Readonly<Record<string, { readonly ticks: number | null } | undefined>>>(keyed: T): T {
  let result = keyed;
  for (const [key, kept] of Object.entries(keyed)) {
    if (kept === undefined || kept.ticks === null) continue;
    result = kept.ticks === 1 ? without(result, key) : { ...result, [key]: { ...kept, ticks: kept.ticks - 1 } };
  }
  return result;
}
