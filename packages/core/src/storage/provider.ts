/**
 * The seam between Stateroom and a storage engine: strings in, strings out, five methods (and the disposal that `await using` calls). JSON, schemas, TTL policy
 * and retries live once, above it. To write a provider, read this file, copy memory.ts, and call `describeStorage`
 * (from @stateroom/core/testing) in a four-line test: the suite is the contract, this file is its summary.
 *
 * A key holds an entry or a list. One that has expired is absent everywhere. A key named as the wrong kind is answered with
 * StateroomError INVALID, and nothing is changed: in reads and checks always, in changes if the checks hold. An engine that fails throws STORAGE, or UNKNOWN_OUTCOME where
 * a commit may have happened; a failure is never told as absence.
 */
export interface StorageProvider extends AsyncDisposable {
  /** For people: 'memory', 'sqlite'. */
  readonly name: string;
  /** Who sees the same data: this process, all processes of this machine, or every machine. */
  readonly scope: 'process' | 'machine' | 'shared';
  /** What a `read` shows: the newest commit of anybody, or of this client at the least. Commits are always the former. */
  readonly consistency: 'linearizable' | 'read-your-writes';

  /** One round trip, one moment. */
  read(reads: Reads): Promise<Snapshot>;
  /**
   * The checked commit: if all checks hold, applies all changes in order, else changes nothing. Atomic, one round
   * trip, one reading of the storage's clock. What is there afterwards comes back either way, as asked by `reads`.
   */
  commit(transaction: Transaction): Promise<Commit>;
  /** Pages through the keys that begin with `prefix`, in no given order. `limit` is a hint; a null cursor ends it. */
  scan(prefix: string, cursor: string | null, limit: number): Promise<ScanPage>;
  /** Resolves when the engine answers, throws STORAGE when it does not. */
  ping(): Promise<void>;
  /** Releases sockets, timers and files. May be called twice. Every later call of another method throws STORAGE. */
  close(): Promise<void>;
}

/** A value under a key. The writer mints the version, 1–64 of `[A-Za-z0-9._-]`, case and all, and uses it but once. */
export type StorageEntry = { readonly value: string; readonly version: string };

/** A window of a list, and how long the whole list is (0: there is none). */
export type ListWindow = { readonly items: readonly string[]; readonly length: number };

/** What must be so for a commit to happen. `version: null` is no live entry; `length: 0` is no list. */
export type Check =
  | { readonly key: string; readonly version: string | null }
  | { readonly key: string; readonly length: number };

/** Milliseconds from now on, `null` for ever, or `'keep'` what the key has (a new key: for ever). */
export type Ttl = number | null | 'keep';

/**
 * One step of a commit. A caller sends a commit again whose reply was lost. So that it then refuses itself, every commit
 * with a set, truncate or delete has to include a check that its own changes make false, as `{ key, version: 'a' }`
 * beside a set of that key to version 'b'; else it is INVALID. One of touches and appends alone needs none, and may
 * take effect twice.
 */
export type Change =
  | {
      readonly type: 'set';
      readonly key: string;
      readonly value: string;
      readonly version: string;
      readonly ttlMs: Ttl;
    }
  /** Makes the list where there is none. A number for `ttlMs` is the new life span of the whole list. */
  | { readonly type: 'append'; readonly key: string; readonly items: readonly string[]; readonly ttlMs: Ttl }
  /** Keeps the first `length` items, and the life span; a list of none is absent. */
  | { readonly type: 'truncate'; readonly key: string; readonly length: number }
  /** Gives an entry or list a new life span. Does nothing where there is none: it never revives. */
  | { readonly type: 'touch'; readonly key: string; readonly ttlMs: number | null }
  | { readonly type: 'delete'; readonly key: string };

/** `start` and `end` (exclusive) are as in `Array.prototype.slice`: negative counts from the tail. */
export type ListRange = { readonly key: string; readonly start?: number; readonly end?: number };

export type Reads = { readonly entries?: readonly string[]; readonly lists?: readonly ListRange[] };

export type Transaction = {
  readonly checks: readonly Check[];
  readonly changes: readonly Change[];
  readonly reads?: Reads;
};

/** What was asked for, in the order in which it was asked for; null is an absent entry. */
export type Snapshot = {
  readonly entries: readonly (StorageEntry | null)[];
  readonly lists: readonly ListWindow[];
};

/** A check that did not hold, and what is there instead: the entry for a version, the length for a length. */
export type Refusal =
  | { readonly key: string; readonly entry: StorageEntry | null }
  | { readonly key: string; readonly length: number };

/** `refused` is in the order of the checks, and empty when committed. */
export type Commit = {
  readonly committed: boolean;
  readonly refused: readonly Refusal[];
  readonly snapshot: Snapshot;
};

/** `ttlMs` is what is left of the key's life, null for ever. A page may be empty though the cursor is not null. */
export type ScanPage = {
  readonly found: readonly ScannedKey[];
  readonly cursor: string | null;
};

export type ScannedKey = {
  readonly key: string;
  readonly kind: 'entry' | 'list';
  readonly ttlMs: number | null;
};
