import { StateroomError } from '../errors.ts';
import { memoryStorage } from './memory.ts';
import type {
  Change,
  Commit,
  ListWindow,
  Reads,
  ScannedKey,
  ScanPage,
  Snapshot,
  StorageEntry,
  StorageProvider,
  Transaction,
} from './provider.ts';
import { validateReads, validateScan, validateTransaction } from './validate.ts';

/**
 * What a simple store has to do, as a Map does. It keeps text as text, answers null or undefined where there is none,
 * and throws when it fails: one that answers an outage as absence, as Keyv does without `throwOnErrors`, loses sessions.
 */
export interface KeyValueStore {
  get(key: string): unknown;
  /** `ttlMs` is when the store may forget the value; one that cannot may ignore it. */
  set(key: string, value: string, ttlMs?: number): unknown;
  delete(key: string): unknown;
  /** All keys; without it a scan is INVALID, and so is what rests on scans. */
  keys?(): Iterable<string> | AsyncIterable<string>;
}

/**
 * Any simple store as a provider. Each session, all of its entries and lists, is one value of the store, so that one
 * `set` is one commit, which a crash cannot tear. It costs a `get` and a `set` of the whole session for each commit, and
 * holds within this process alone: two processes on one store lose each other's commits. A call lasts as long as the
 * store's own do; a read of keys of several sessions is not of one moment.
 */
export function keyValueStorage(store: KeyValueStore): StorageProvider {
  return new KeyValueStorage(store);
}

class KeyValueStorage implements StorageProvider {
  readonly name = 'key-value';
  readonly scope = 'process';
  readonly consistency = 'linearizable';
  readonly #store: KeyValueStore;
  readonly #lastCommits = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async read(reads: Reads): Promise<Snapshot> {
    this.#assertOpen();
    validateReads(reads);
    const { entries = [], lists = [] } = reads;
    const rooms = new Map<string, Promise<Room>>();
    const roomOf = (key: string) => {
      const name = roomNameOf(key);
      const room = rooms.get(name) ?? this.#open(name);
      rooms.set(name, room);
      return room;
    };
    return {
      entries: await Promise.all(entries.map(async (key) => (await roomOf(key)).entry(key))),
      lists: await Promise.all(lists.map(async (range) => (await roomOf(range.key)).window(range))),
    };
  }

  async commit(transaction: Transaction): Promise<Commit> {
    this.#assertOpen();
    validateTransaction(transaction);
    const name = commonRoomOf(transaction);
    const before = this.#lastCommits.get(name) ?? Promise.resolve();
    const commit = before.then(() => this.#commitIn(name, transaction));
    const end = commit.then(ignore, ignore);
    this.#lastCommits.set(name, end);
    try {
      return await commit;
    } finally {
      if (this.#lastCommits.get(name) === end) this.#lastCommits.delete(name);
    }
  }

  async scan(prefix: string, _cursor: string | null, limit: number): Promise<ScanPage> {
    this.#assertOpen();
    validateScan(prefix, limit);
    const found: ScannedKey[] = [];
    for (const name of await this.#names()) {
      const room = await this.#open(name);
      found.push(...(await room.scan(prefix)));
    }
    return { found, cursor: null };
  }

  async ping(): Promise<void> {
    this.#assertOpen();
    await this.#get(untagged);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#lastCommits.values());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #commitIn(name: string, transaction: Transaction): Promise<Commit> {
    const room = await this.#open(name);
    const commit = await room.commit(transaction);
    if (!commit.committed || transaction.changes.length === 0) return commit;
    const { text, ttlMs } = await room.save();
    let answer: unknown;
    try {
      answer = await (text === null ? this.#store.delete(name) : this.#store.set(name, text, ttlMs));
    } catch (cause) {
      throw new StateroomError('UNKNOWN_OUTCOME', 'the key-value store failed in the midst of a commit', { cause });
    }
    if (text !== null && answer === false) {
      throw new StateroomError('STORAGE', 'the key-value store answered false to set, and so has not kept the value');
    }
    return commit;
  }

  async #open(name: string): Promise<Room> {
    return Room.from(await this.#get(name));
  }

  async #get(name: string): Promise<string | null> {
    let value: unknown;
    try {
      value = await this.#store.get(name);
    } catch (cause) {
      throw new StateroomError('STORAGE', 'the key-value store failed', { cause });
    }
    if (value === null || value === undefined || typeof value === 'string') return value ?? null;
    const message = `the key-value store gave back a value of the type ${typeof value}; give it one that keeps text as text`;
    throw new StateroomError('STORAGE', message);
  }

  async #names(): Promise<string[]> {
    if (this.#store.keys === undefined) throw new StateroomError('INVALID', 'a scan needs a store with keys()');
    const names: string[] = [];
    try {
      for await (const name of this.#store.keys()) if (name === untagged || roomNameOf(name) === name) names.push(name);
    } catch (cause) {
      throw new StateroomError('STORAGE', 'the key-value store failed', { cause });
    }
    return names;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StateroomError('STORAGE', 'key-value storage is closed');
  }
}

/** Where the keys are kept that are of no session. */
const untagged = '{}';

/** The name of a session's value: its keys begin with it, to the end of their hash tag. */
function roomNameOf(key: string): string {
  return /^[^{]*\{[^}]+\}/.exec(key)?.[0] ?? untagged;
}

function commonRoomOf({ checks, changes, reads = {} }: Transaction): string {
  const { entries = [], lists = [] } = reads;
  const keys = [...checks, ...changes, ...lists].map(({ key }) => key).concat(entries);
  const [name = untagged, ...others] = new Set(keys.map(roomNameOf));
  if (others.length === 0) return name;
  const message = 'keys that are committed together must share their beginning and a hash tag, as in name:{tag}';
  throw new StateroomError('INVALID', message);
}

type StoredEntry = readonly [key: string, value: string, version: string, expiresAt: number | null];
type StoredList = readonly [key: string, items: readonly string[], expiresAt: number | null];
type StoredRoom = { readonly entries: readonly StoredEntry[]; readonly lists: readonly StoredList[] };

/** The value of one session, taken apart into a memory storage at one moment, and put together again. */
class Room {
  readonly #now: number;
  readonly #memory: StorageProvider;

  static async from(text: string | null): Promise<Room> {
    const now = Date.now();
    const memory = memoryStorage({ maxEntries: Number.POSITIVE_INFINITY, clock: () => now });
    try {
      // What is not of the shape that is written here fails to be restored, and nothing is written over it.
      if (text !== null) await memory.commit(restoring(JSON.parse(text), now));
    } catch {
      // The reason would show the value.
      throw new StateroomError('STORAGE', 'the key-value store holds what this provider did not write');
    }
    return new Room(memory, now);
  }

  private constructor(memory: StorageProvider, now: number) {
    this.#memory = memory;
    this.#now = now;
  }

  async entry(key: string): Promise<StorageEntry | null> {
    return (await this.#memory.read({ entries: [key] })).entries[0] ?? null;
  }

  async window(range: NonNullable<Reads['lists']>[number]): Promise<ListWindow> {
    return (await this.#memory.read({ lists: [range] })).lists[0] ?? { items: [], length: 0 };
  }

  commit(transaction: Transaction): Promise<Commit> {
    return this.#memory.commit(transaction);
  }

  async scan(prefix: string): Promise<readonly ScannedKey[]> {
    return (await this.#memory.scan(prefix, null, 1)).found;
  }

  /** Null when it is empty. `ttlMs` is the longest that any of it lives. */
  async save(): Promise<{ text: string | null; ttlMs?: number }> {
    const found = await this.scan('');
    if (found.length === 0) return { text: null };
    const expiresAt = ({ ttlMs }: ScannedKey) => (ttlMs === null ? null : this.#now + ttlMs);
    const ofKind = (kind: ScannedKey['kind']) => found.filter((scanned) => scanned.kind === kind);
    const room: StoredRoom = {
      entries: await Promise.all(
        ofKind('entry').map(async (scanned): Promise<StoredEntry> => {
          const { value = '', version = '' } = (await this.entry(scanned.key)) ?? {};
          return [scanned.key, value, version, expiresAt(scanned)];
        }),
      ),
      lists: await Promise.all(
        ofKind('list').map(async (scanned): Promise<StoredList> => [
          scanned.key,
          (await this.window(scanned)).items,
          expiresAt(scanned),
        ]),
      ),
    };
    const ttlMs = found.reduce((longest, each) => Math.max(longest, each.ttlMs ?? Number.POSITIVE_INFINITY), 0);
    return { text: JSON.stringify(room), ...(Number.isFinite(ttlMs) && { ttlMs }) };
  }
}

function restoring({ entries, lists }: StoredRoom, now: number): Transaction {
  const isDead = (expiresAt: number | null) => expiresAt !== null && expiresAt <= now;
  const ttlOf = (expiresAt: number | null) => (expiresAt === null ? null : expiresAt - now);
  const live = entries.filter(([, , , expiresAt]) => !isDead(expiresAt));
  const changes: Change[] = [
    ...live.map(([key, value, version, expiresAt]): Change => ({
      type: 'set',
      key,
      value,
      version,
      ttlMs: ttlOf(expiresAt),
    })),
    ...lists
      .filter(([, , expiresAt]) => !isDead(expiresAt))
      .map(([key, items, expiresAt]): Change => ({ type: 'append', key, items, ttlMs: ttlOf(expiresAt) })),
  ];
  return { checks: live.map(([key]) => ({ key, version: null })), changes };
}

function ignore(): void {}
