import { isStateroomError, StateroomError } from '../errors.ts';
import { toJson } from '../json.ts';
import { type SessionKeys, sessionKeys } from '../storage/keys.ts';
import type {
  Change,
  Commit,
  ListRange,
  Reads,
  Snapshot,
  StorageEntry,
  StorageProvider,
  Transaction,
} from '../storage/provider.ts';
import { type Access, guardVersion } from './guard.ts';
import { decodeRecord, encodeRecord, type SessionRecord } from './record.ts';
import type { SessionList } from './result.ts';
import { listsNeedTouch, listTtlMs } from './ttl.ts';

/** A session as it stood at one moment: the record, the version of its entry, and the lists that were asked for. */
export type StoredSession<ListName extends string> = {
  readonly record: SessionRecord;
  readonly version: string;
  readonly lists: { readonly [Name in ListName]?: SessionList };
};

export type ListRanges<ListName extends string> = {
  readonly [Name in ListName]?: Omit<ListRange, 'key'>;
};

export type ListItems<ListName extends string> = { readonly [Name in ListName]?: readonly unknown[] };

/** What became of a write. `found` is what refused it: another writer's session, or null when it is gone. */
export type WriteOutcome<ListName extends string> =
  | { readonly committed: true }
  | { readonly committed: false; readonly found: StoredSession<ListName> | null };

/** What a refusal of a repeated commit means. */
type Judge<ListName extends string> = (found: StoredSession<ListName> | null) => 'mine' | 'refused' | 'unknown';

/** How often the same commit is sent when its reply is lost; it refuses itself if an earlier sending took effect. */
const sendings = 3;

/**
 * A session's keys as one thing: each method is one checked commit or one read, over the record, the guard and the
 * lists together. Knows nothing of what the state means. Throws StateroomError.
 */
export class SessionStore<ListName extends string> {
  readonly #storage: StorageProvider;
  readonly #namespace: string;
  readonly #listNames: readonly ListName[];

  constructor(storage: StorageProvider, namespace: string, listNames: readonly ListName[]) {
    this.#storage = storage;
    this.#namespace = namespace;
    this.#listNames = listNames;
  }

  /** NOT_FOUND when it is missing, expired or not for this access. */
  async load(sessionId: string, access: Access, ranges: ListRanges<ListName> = {}): Promise<StoredSession<ListName>> {
    const keys = this.#keys(sessionId);
    this.#refuseUnknownLists(ranges);
    const names = this.#listNames.filter((name) => Object.hasOwn(ranges, name));
    const lists = names.map((name) => ({ key: listKey(keys, name), ...ranges[name] }));
    const snapshot = await this.#read({ entries: [keys.record], lists });
    const found = assertAccessible(storedSession<ListName>(snapshot.entries[0]), access);
    return { ...found, lists: namedLists(names, snapshot) };
  }

  /** Makes the session, unless there is one: then that one is found. */
  async insert(sessionId: string, record: SessionRecord, version: string): Promise<WriteOutcome<ListName>> {
    const keys = this.#keys(sessionId);
    const ttlMs = record.ttl.idleMs;
    const changes: Change[] = [
      { type: 'set', key: keys.record, value: encodeRecord(record), version, ttlMs },
      {
        type: 'set',
        key: keys.guard,
        value: record.incarnation,
        version: await guardVersion(record.owner, record.agentId),
        ttlMs,
      },
      ...this.#deleteLists(keys),
    ];
    const transaction = { checks: [{ key: keys.record, version: null }], changes };
    const commit = await this.#commit(transaction);
    if (commit !== 'reply lost') return outcomeOf<ListName>(commit);
    // Sent again, it could make anew what somebody has deleted by now: absence is no version. So it only looks.
    const { entries } = await this.#read({ entries: [keys.record] }).catch((cause: unknown) => {
      throw unknownOutcome(cause);
    });
    const found = storedSession<ListName>(entries[0]);
    if (found === null) throw unknownOutcome();
    return found.record.incarnation === record.incarnation ? { committed: true } : { committed: false, found };
  }

  /** Puts `next` in place of `seen`, whose version it checks, and appends to lists, all in one commit. */
  async replace(
    sessionId: string,
    seen: StoredSession<ListName>,
    next: { record: SessionRecord; version: string; append?: ListItems<ListName>; dropLists?: boolean },
  ): Promise<WriteOutcome<ListName>> {
    const keys = this.#keys(sessionId);
    const { record, version, append = {}, dropLists = false } = next;
    const { idleMs } = record.ttl;
    const touchesLists = !dropLists && listsNeedTouch(record.ttl, seen.record.listsTouchedAt, record.updatedAt);
    const stored = touchesLists ? { ...record, listsTouchedAt: record.updatedAt } : record;
    const changes: Change[] = [
      { type: 'set', key: keys.record, value: encodeRecord(stored), version, ttlMs: idleMs },
      { type: 'touch', key: keys.guard, ttlMs: idleMs },
      ...(dropLists ? this.#deleteLists(keys) : []),
      ...(touchesLists ? this.#touchLists(keys, record) : []),
      ...this.#appends(keys, append, record),
    ];
    return this.#send({ checks: [{ key: keys.record, version: seen.version }], changes }, (found) => {
      if (found?.record.incarnation !== record.incarnation) return 'refused';
      if (found.record.writes.includes(version)) return 'mine';
      return found.record.writes.includes(seen.version) ? 'refused' : 'unknown';
    });
  }

  /** Gives all keys of the session a new life span, if it still is as it was seen. */
  async touch(sessionId: string, seen: StoredSession<ListName>): Promise<WriteOutcome<ListName>> {
    const keys = this.#keys(sessionId);
    const ttlMs = seen.record.ttl.idleMs;
    const changes: Change[] = [
      { type: 'touch', key: keys.record, ttlMs },
      { type: 'touch', key: keys.guard, ttlMs },
      ...this.#touchLists(keys, seen.record),
    ];
    return this.#send({ checks: [{ key: keys.record, version: seen.version }], changes }, () => 'refused');
  }

  /** Deletes all keys of the session, if it still is as it was seen. */
  async remove(sessionId: string, seen: StoredSession<ListName>): Promise<WriteOutcome<ListName>> {
    const keys = this.#keys(sessionId);
    const checks = [{ key: keys.record, version: seen.version }];
    return this.#send({ checks, changes: this.#deletes(keys) }, (found) =>
      found?.record.incarnation === seen.record.incarnation ? 'refused' : 'mine',
    );
  }

  /** Deletes all keys of the session though its record cannot be read, if it still is as it was found. */
  async removeUnreadable(sessionId: string): Promise<boolean> {
    const keys = this.#keys(sessionId);
    const [entry] = (await this.#read({ entries: [keys.record] })).entries;
    if (entry === undefined || entry === null) return false;
    const checks = [{ key: keys.record, version: entry.version }];
    const commit = await this.#commit({ checks, changes: this.#deletes(keys) });
    if (commit === 'reply lost') throw unknownOutcome();
    return commit.committed;
  }

  /**
   * Sends a commit, and the same one again when its reply is lost. A refusal of the repeat may come from its own first
   * sending; `judge` tells from what is there now whether the write is mine, somebody else's, or past telling.
   */
  async #send(transaction: Transaction, judge: Judge<ListName>): Promise<WriteOutcome<ListName>> {
    let commit = await this.#commit(transaction);
    if (commit !== 'reply lost') return outcomeOf(commit);
    for (let repeats = 1; commit === 'reply lost' && repeats < sendings; repeats++) {
      commit = await this.#commit(transaction).catch((cause: unknown) => {
        throw unknownOutcome(cause);
      });
    }
    if (commit === 'reply lost') throw unknownOutcome();
    const outcome = outcomeOf<ListName>(commit);
    if (outcome.committed) return outcome;
    const verdict = judge(outcome.found);
    if (verdict === 'unknown') throw unknownOutcome();
    return verdict === 'mine' ? { committed: true } : outcome;
  }

  async #commit(transaction: Transaction): Promise<Commit | 'reply lost'> {
    try {
      return await this.#storage.commit(transaction);
    } catch (error) {
      if (isStateroomError(error) && error.code === 'UNKNOWN_OUTCOME') return 'reply lost';
      throw storageError(error);
    }
  }

  async #read(reads: Reads): Promise<Snapshot> {
    try {
      const snapshot = await this.#storage.read(reads);
      const isSure = this.#storage.consistency === 'linearizable' || !snapshot.entries.includes(null);
      if (isSure) return snapshot;
      // A replica that is behind proves no absence; a commit, though it changes nothing, sees the newest.
      return (await this.#storage.commit({ checks: [], changes: [], reads })).snapshot;
    } catch (error) {
      throw storageError(error);
    }
  }

  #refuseUnknownLists(named: object): void {
    for (const name of Object.keys(named))
      if (!this.#listNames.some((known) => known === name)) throw unknownList(name);
  }

  #keys(sessionId: string): SessionKeys<ListName> {
    return sessionKeys(this.#namespace, sessionId, this.#listNames);
  }

  #deletes(keys: SessionKeys<ListName>): Change[] {
    return [{ type: 'delete', key: keys.record }, { type: 'delete', key: keys.guard }, ...this.#deleteLists(keys)];
  }

  #deleteLists(keys: SessionKeys<ListName>): Change[] {
    return [...keys.lists.values()].map((key) => ({ type: 'delete', key }));
  }

  #touchLists(keys: SessionKeys<ListName>, { ttl }: SessionRecord): Change[] {
    return [...keys.lists.values()].map((key) => ({ type: 'touch', key, ttlMs: listTtlMs(ttl) }));
  }

  #appends(keys: SessionKeys<ListName>, append: ListItems<ListName>, { ttl }: SessionRecord): Change[] {
    this.#refuseUnknownLists(append);
    return this.#listNames.flatMap((name): Change[] => {
      if (!Object.hasOwn(append, name)) return [];
      const items = (append[name] ?? []).map((item, index) => toJson(item, `append.${name}[${index}]`));
      return items.length === 0 ? [] : [{ type: 'append', key: listKey(keys, name), items, ttlMs: listTtlMs(ttl) }];
    });
  }
}

/** Missing, expired and foreign are one answer, so that nobody learns from it which ids exist. */
export function assertAccessible<ListName extends string>(
  found: StoredSession<ListName> | null,
  access: Access,
): StoredSession<ListName> {
  if (found === null || !admits(found.record, access))
    throw new StateroomError('NOT_FOUND', 'there is no such session');
  return found;
}

function admits(record: SessionRecord, { owner, agentId }: Access): boolean {
  return (owner === undefined || owner === record.owner) && (agentId === undefined || agentId === record.agentId);
}

function storedSession<ListName extends string>(
  entry: StorageEntry | null | undefined,
): StoredSession<ListName> | null {
  if (entry === undefined || entry === null) return null;
  return { record: decodeRecord(entry.value), version: entry.version, lists: {} };
}

function namedLists<ListName extends string>(
  names: readonly ListName[],
  { lists }: Snapshot,
): StoredSession<ListName>['lists'] {
  const named: { [Name in ListName]?: SessionList } = {};
  names.forEach((name, index) => {
    const { items, length } = lists[index] ?? { items: [], length: 0 };
    named[name] = { items: items.map((item) => parseItem(item, name)), length };
  });
  return named;
}

function parseItem(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StateroomError('INVALID_STATE', `an item of the list "${path}" is not JSON; it was left as it is`, {
      path,
    });
  }
}

function listKey<ListName extends string>(keys: SessionKeys<ListName>, name: ListName): string {
  const key = keys.lists.get(name);
  if (key === undefined) throw unknownList(name);
  return key;
}

function unknownList(name: string): StateroomError {
  return new StateroomError('INVALID', `the manager has no list "${name}"`, { path: 'lists' });
}

/** Of a commit that was answered: what refused it is an entry, since the store checks versions alone. */
function outcomeOf<ListName extends string>({ committed, refused }: Commit): WriteOutcome<ListName> {
  if (committed) return { committed };
  const refusal = refused[0];
  return { committed, found: storedSession(refusal !== undefined && 'entry' in refusal ? refusal.entry : null) };
}

function unknownOutcome(cause?: unknown): StateroomError {
  const message =
    'the reply to a write was lost, and it cannot be told whether it took effect; read before trying again';
  return new StateroomError('UNKNOWN_OUTCOME', message, cause === undefined ? {} : { cause });
}

/** What a provider throws without a code of ours is still a failure of the storage. */
function storageError(error: unknown): StateroomError {
  return isStateroomError(error) ? error : new StateroomError('STORAGE', 'the storage failed', { cause: error });
}
