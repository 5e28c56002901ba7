import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { isStateroomError, refuseUnless, StateroomError } from '../errors.ts';
import type {
  Change,
  Check,
  Commit,
  ListRange,
  ListWindow,
  Reads,
  Refusal,
  ScanPage,
  Snapshot,
  StorageEntry,
  StorageProvider,
  Transaction,
} from './provider.ts';
import { resolveExpiry, resolveRange, wrongKind } from './provider-helpers.ts';
import { isBusy, openFile } from './sqlite-file.ts';
import { validateReads, validateScan, validateTransaction } from './validate.ts';

export type SqliteStorageOptions = {
  /** The database file, made with its folder when it is missing; ':memory:' for none. Local disks only. */
  readonly path: string;
  /** 'normal' keeps every commit through a crash of the process, 'full' through a loss of power, at a price. */
  readonly durability?: 'normal' | 'full';
  /** How long a call waits for other processes' commits before it throws STORAGE. 5,000 by default. */
  readonly busyTimeoutMs?: number;
  /** Epoch milliseconds; processes on one file must agree on it. */
  readonly clock?: () => number;
};

/** The embedded durable provider, on Node's own SQLite: one file, any number of processes on this machine. */
export function sqliteStorage(options: SqliteStorageOptions): StorageProvider {
  return new SqliteStorage(options);
}

/** SQLite's own wait for another process would stop the event loop, so there is none (see sqlite-file.ts) but this. */
const longestPauseMs = 25;
const purgeEveryMs = 1000;
/** Rows, of entries, lists and items, that one commit may purge. */
const purgedAtOnce = 500;

type Stored = {
  readonly key: string;
  readonly value: string | null;
  readonly version: string | null;
  readonly length: number | null;
  readonly expires_at: number | null;
};

class SqliteStorage implements StorageProvider {
  readonly name = 'sqlite';
  readonly scope = 'machine';
  readonly consistency = 'linearizable';
  readonly #busyTimeoutMs: number;
  readonly #clock: () => number;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #purgeAt = 0;
  /** Settles when the last commit of this process that came before has ended. */
  #lastCommit: Promise<unknown> = Promise.resolve();

  constructor({ path, durability = 'normal', busyTimeoutMs = 5000, clock = Date.now }: SqliteStorageOptions) {
    refuseUnless(typeof path === 'string', 'path', 'is no text');
    refuseUnless(durability === 'normal' || durability === 'full', 'durability', "is neither 'normal' nor 'full'");
    refuseUnless(busyTimeoutMs >= 0 && busyTimeoutMs < Infinity, 'busyTimeoutMs', 'is no number of milliseconds');
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#clock = clock;
    this.#database = openFile(path, durability);
  }

  async read(reads: Reads): Promise<Snapshot> {
    validateReads(reads);
    const isOneStatement = (reads.entries?.length ?? 0) <= 1 && !reads.lists?.length;
    if (isOneStatement) return this.#guarded(this.#deadline(), () => this.#snapshot(reads, this.#clock()));
    return this.#transact(this.#deadline(), 'BEGIN', () => this.#snapshot(reads, this.#clock()));
  }

  async commit({ checks, changes, reads = {} }: Transaction): Promise<Commit> {
    validateTransaction({ checks, changes, reads });
    const deadline = this.#deadline();
    // In turn within this process, so that no more than one of its commits knocks at the file.
    const commit = this.#lastCommit.then(() => this.#commitBefore(deadline, { checks, changes, reads }));
    this.#lastCommit = commit.catch(() => {});
    return commit;
  }

  #commitBefore(deadline: number, { checks, changes, reads = {} }: Transaction): Promise<Commit> {
    return this.#transact(deadline, 'BEGIN IMMEDIATE', () => {
      const now = this.#clock();
      const refused = checks.flatMap((check) => this.#refusal(check, now));
      if (refused.length === 0) {
        for (const change of changes) this.#apply(change, now);
        this.#purge(now);
      }
      return { committed: refused.length === 0, refused, snapshot: this.#snapshot(reads, now) };
    });
  }

  async scan(prefix: string, cursor: string | null, limit: number): Promise<ScanPage> {
    validateScan(prefix, limit);
    const now = this.#clock();
    // Keys are ordered by their bytes, so those with the prefix stand together, beginning at the prefix itself.
    const from = cursor === null ? 'key >= ?' : 'key > ?';
    const sql = `SELECT key, length, expires_at FROM stored WHERE ${from} ORDER BY key LIMIT ?`;
    const rows = await this.#guarded(this.#deadline(), () => this.#all(sql, cursor ?? prefix, limit));
    const own = rows.filter(({ key }) => key.startsWith(prefix));
    const found = own
      .filter((row) => isLive(row, now))
      .map(({ key, length, expires_at }) => ({
        key,
        kind: length === null ? ('entry' as const) : ('list' as const),
        ttlMs: expires_at === null ? null : expires_at - now,
      }));
    const isLastPage = rows.length < limit || own.length < rows.length;
    return { found, cursor: isLastPage ? null : (rows.at(-1)?.key ?? null) };
  }

  async ping(): Promise<void> {
    await this.#guarded(this.#deadline(), () => this.#all('SELECT key FROM stored LIMIT 1'));
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** All or nothing: whatever `work` throws, a busy file included, nothing of it stays. */
  #transact<R>(deadline: number, begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => R): Promise<R> {
    return this.#guarded(deadline, () => {
      this.#run(begin);
      try {
        const result = work();
        this.#run('COMMIT');
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#run('ROLLBACK');
        throw error;
      }
    });
  }

  /** Runs `work` until the file is free for it, and tells SQLite's failures as STORAGE. */
  async #guarded<R>(deadline: number, work: () => R): Promise<R> {
    for (;;) {
      if (!this.#database.isOpen) throw new StateroomError('STORAGE', 'sqlite storage is closed');
      try {
        return work();
      } catch (error) {
        if (isStateroomError(error)) throw error;
        if (!isBusy(error)) throw new StateroomError('STORAGE', 'sqlite storage failed', { cause: error });
        if (performance.now() > deadline) {
          const message = `sqlite file was kept busy by others for ${this.#busyTimeoutMs} ms`;
          throw new StateroomError('STORAGE', message, { cause: error });
        }
      }
      await delay(Math.random() * longestPauseMs);
    }
  }

  #deadline(): number {
    return performance.now() + this.#busyTimeoutMs;
  }

  #refusal(check: Check, now: number): Refusal[] {
    const { key } = check;
    if ('length' in check) {
      const length = this.#length(key, now);
      return length === check.length ? [] : [{ key, length }];
    }
    const stored = this.#live(key, now);
    if (stored !== null && stored.length !== null) throw wrongKind(key, 'list');
    return (stored?.version ?? null) === check.version ? [] : [{ key, entry: this.#entry(key, now) }];
  }

  #apply(change: Change, now: number): void {
    const { key } = change;
    const stored = this.#live(key, now);
    // What has expired under this key goes first, with its items.
    if (stored === null || change.type === 'delete') this.#run('DELETE FROM stored WHERE key = ?', key);
    if (change.type === 'set') {
      if (stored !== null && stored.length !== null) throw wrongKind(key, 'list');
      const expiresAt = resolveExpiry(change.ttlMs, stored?.expires_at ?? null, now);
      const sql = `INSERT INTO stored (key, value, version, expires_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`;
      this.#run(sql, key, change.value, change.version, expiresAt);
    }
    if (change.type === 'append') this.#append(change, stored, now);
    if (change.type === 'truncate') this.#truncate(key, change.length, now);
    if (change.type === 'touch' && stored !== null) {
      this.#run(
        'UPDATE stored SET expires_at = ? WHERE key = ?',
        resolveExpiry(change.ttlMs, stored?.expires_at ?? null, now),
        key,
      );
    }
  }

  #append({ key, items, ttlMs }: Change & { type: 'append' }, stored: Stored | null, now: number): void {
    const length = this.#length(key, now);
    const sql = `INSERT INTO stored (key, length, expires_at) VALUES (?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET length = excluded.length, expires_at = excluded.expires_at`;
    this.#run(sql, key, length + items.length, resolveExpiry(ttlMs, stored?.expires_at ?? null, now));
    items.forEach((item, index) => this.#run('INSERT INTO item VALUES (?, ?, ?)', key, length + index, item));
  }

  #truncate(key: string, length: number, now: number): void {
    if (length >= this.#length(key, now)) return;
    if (length === 0) return this.#run('DELETE FROM stored WHERE key = ?', key);
    this.#truncateTo(key, length);
  }

  #truncateTo(key: string, length: number): void {
    this.#run('DELETE FROM item WHERE key = ? AND position >= ?', key, length);
    this.#run('UPDATE stored SET length = ? WHERE key = ?', length, key);
  }

  /** Gives room back in slices, by the index on expiry: at most once a second, unless there was more than a slice. */
  #purge(now: number): void {
    if (now < this.#purgeAt) return;
    let rows = purgedAtOnce;
    const dead = this.#all('SELECT key, length FROM stored WHERE expires_at <= ? LIMIT ?', now, rows);
    for (const { key, length } of dead) {
      if (rows <= 0) break;
      const items = length ?? 0;
      if (items > rows) this.#truncateTo(key, items - rows);
      else this.#run('DELETE FROM stored WHERE key = ?', key);
      rows -= 1 + items;
    }
    this.#purgeAt = rows > 0 ? now + purgeEveryMs : now;
  }

  #snapshot({ entries = [], lists = [] }: Reads, now: number): Snapshot {
    return {
      entries: entries.map((key) => this.#entry(key, now)),
      lists: lists.map((range) => this.#window(range, now)),
    };
  }

  #window(range: ListRange, now: number): ListWindow {
    const length = this.#length(range.key, now);
    const { start, end } = resolveRange(range, length);
    if (start === end) return { items: [], length };
    const sql = 'SELECT value FROM item WHERE key = ? AND position >= ? AND position < ? ORDER BY position';
    return { items: this.#all(sql, range.key, start, end).map(({ value }) => value ?? ''), length };
  }

  #entry(key: string, now: number): StorageEntry | null {
    const [stored] = this.#all('SELECT * FROM stored WHERE key = ?', key);
    if (stored === undefined || !isLive(stored, now)) return null;
    if (stored.value === null || stored.version === null) throw wrongKind(key, 'list');
    return { value: stored.value, version: stored.version };
  }

  #length(key: string, now: number): number {
    const stored = this.#live(key, now);
    if (stored === null) return 0;
    if (stored.length === null) throw wrongKind(key, 'entry');
    return stored.length;
  }

  /** All but the value, which is long, and which most of a commit need not see. */
  #live(key: string, now: number): Stored | null {
    const [stored] = this.#all('SELECT version, length, expires_at FROM stored WHERE key = ?', key);
    return stored !== undefined && isLive(stored, now) ? stored : null;
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#statement(sql).run(...values);
  }

  #all(sql: string, ...values: (string | number | null)[]): Stored[] {
    // The rows are of the table above, STRICT in its types; a query that selects less uses only what it selects.
    return this.#statement(sql).all(...values) as Stored[];
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function isLive({ expires_at }: Stored, now: number): boolean {
  return expires_at === null || expires_at > now;
}
