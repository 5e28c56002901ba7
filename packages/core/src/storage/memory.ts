import { StateroomError } from '../errors.ts';
import { ExpiryOrder } from './expiry-order.ts';
import type {
  Change,
  Check,
  Commit,
  Reads,
  Refusal,
  ScannedKey,
  ScanPage,
  Snapshot,
  StorageProvider,
  Transaction,
} from './provider.ts';
import { resolveExpiry, resolveRange, wrongKind } from './provider-helpers.ts';
import { validateReads, validateScan, validateTransaction } from './validate.ts';

export type MemoryStorageOptions = {
  /** How many keys it holds, 100,000 by default. At the bound a commit that adds a key is refused with LIMIT. */
  readonly maxEntries?: number;
  /** Epoch milliseconds. */
  readonly clock?: () => number;
};

/** The reference provider: everything in this process, gone with it. */
export function memoryStorage(options: MemoryStorageOptions = {}): StorageProvider {
  return new MemoryStorage(options);
}

type Entry = {
  readonly kind: 'entry';
  readonly value: string;
  readonly version: string;
  readonly expiresAt: number | null;
};
/** Its items are appended to in place, and copied out. */
type List = { readonly kind: 'list'; readonly items: string[]; readonly expiresAt: number | null };
type Kind = 'entry' | 'list' | null;

/** Dead keys looked at per commit: memory is given back as it is used, and no commit pays for many. */
const purgedPerCommit = 32;

class MemoryStorage implements StorageProvider {
  readonly name = 'memory';
  readonly scope = 'process';
  readonly reads = 'linearizable';
  readonly #maxEntries: number;
  readonly #clock: () => number;
  readonly #stored = new Map<string, Entry | List>();
  readonly #expiry = new ExpiryOrder();
  #closed = false;

  constructor({ maxEntries = 100_000, clock = Date.now }: MemoryStorageOptions) {
    this.#maxEntries = maxEntries;
    this.#clock = clock;
  }

  async read(reads: Reads): Promise<Snapshot> {
    this.#assertOpen();
    validateReads(reads);
    return this.#snapshot(reads, this.#clock());
  }

  // No await stands between the checks and the last change: that is all of its atomicity.
  async commit({ checks, changes, reads = {} }: Transaction): Promise<Commit> {
    this.#assertOpen();
    validateTransaction({ checks, changes, reads });
    const now = this.#clock();
    const refused = checks.flatMap((check) => this.#refusal(check, now));
    if (refused.length === 0) {
      const kinds = this.#kindsAfter(changes, now);
      this.#proveReadable(reads, kinds, now);
      this.#makeRoom(kinds, now);
      for (const change of changes) this.#apply(change, now);
      this.#purge(now, purgedPerCommit);
    }
    return { committed: refused.length === 0, refused, snapshot: this.#snapshot(reads, now) };
  }

  /** All in one page, whatever the limit: a walk by pages over a changing map would miss keys. */
  async scan(prefix: string, _cursor: string | null, limit: number): Promise<ScanPage> {
    this.#assertOpen();
    validateScan(prefix, limit);
    const now = this.#clock();
    const found: ScannedKey[] = [];
    for (const [key, stored] of this.#stored) {
      if (!key.startsWith(prefix) || !isLive(stored, now)) continue;
      found.push({ key, kind: stored.kind, ttlMs: stored.expiresAt === null ? null : stored.expiresAt - now });
    }
    return { found, cursor: null };
  }

  async ping(): Promise<void> {
    this.#assertOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stored.clear();
    this.#expiry.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #live(key: string, now: number): Entry | List | null {
    const stored = this.#stored.get(key);
    return stored !== undefined && isLive(stored, now) ? stored : null;
  }

  #entry(key: string, now: number): Entry | null {
    const stored = this.#live(key, now);
    if (stored?.kind === 'list') throw wrongKind(key, 'list');
    return stored;
  }

  #list(key: string, now: number): List | null {
    const stored = this.#live(key, now);
    if (stored?.kind === 'entry') throw wrongKind(key, 'entry');
    return stored;
  }

  #refusal(check: Check, now: number): Refusal[] {
    const { key } = check;
    if ('length' in check) {
      const length = this.#list(key, now)?.items.length ?? 0;
      return length === check.length ? [] : [{ key, length }];
    }
    const entry = this.#entry(key, now);
    if ((entry?.version ?? null) === check.version) return [];
    return [{ key, entry: entry && { value: entry.value, version: entry.version } }];
  }

  // Whatever could fail in the midst of the changes has to fail before the first of them: a key of the wrong kind in
  // the changes or in the reads after them, and a lack of room.
  #kindsAfter(changes: readonly Change[], now: number): Map<string, Kind> {
    const kinds = new Map<string, Kind>();
    for (const { key, type } of changes) {
      const kind = this.#kindIn(kinds, key, now);
      if (type === 'set' && kind === 'list') throw wrongKind(key, 'list');
      if ((type === 'append' || type === 'truncate') && kind === 'entry') throw wrongKind(key, 'entry');
      kinds.set(key, kindAfter(type, kind));
    }
    return kinds;
  }

  #proveReadable({ entries = [], lists = [] }: Reads, kinds: Map<string, Kind>, now: number): void {
    for (const key of entries) if (this.#kindIn(kinds, key, now) === 'list') throw wrongKind(key, 'list');
    for (const { key } of lists) if (this.#kindIn(kinds, key, now) === 'entry') throw wrongKind(key, 'entry');
  }

  /** What the key holds after the changes so far; null is nothing, be it that they deleted it. */
  #kindIn(kinds: Map<string, Kind>, key: string, now: number): Kind {
    const changed = kinds.get(key);
    return changed === undefined ? (this.#live(key, now)?.kind ?? null) : changed;
  }

  #makeRoom(kinds: Map<string, Kind>, now: number): void {
    const isFull = () => {
      const added = [...kinds].filter(([key, kind]) => kind !== null && !this.#stored.has(key)).length;
      return added > 0 && this.#stored.size + added > this.#maxEntries;
    };
    if (!isFull()) return;
    this.#purge(now, Number.POSITIVE_INFINITY);
    if (isFull()) throw new StateroomError('LIMIT', `memory storage holds its bound of ${this.#maxEntries} keys`);
  }

  #apply(change: Change, now: number): void {
    const { key } = change;
    const stored = this.#live(key, now);
    if (change.type === 'delete') this.#remove(key);
    if (change.type === 'touch' && stored !== null) {
      this.#store(key, { ...stored, expiresAt: resolveExpiry(change.ttlMs, null, now) });
    }
    if (change.type === 'truncate' && stored?.kind === 'list') {
      stored.items.length = Math.min(stored.items.length, change.length);
      if (stored.items.length === 0) this.#remove(key);
    }
    if (change.type === 'set') {
      const expiresAt = resolveExpiry(change.ttlMs, stored?.expiresAt ?? null, now);
      this.#store(key, { kind: 'entry', value: change.value, version: change.version, expiresAt });
    }
    if (change.type === 'append') {
      const items = stored?.kind === 'list' ? stored.items : [];
      for (const item of change.items) items.push(item);
      this.#store(key, { kind: 'list', items, expiresAt: resolveExpiry(change.ttlMs, stored?.expiresAt ?? null, now) });
    }
  }

  #store(key: string, stored: Entry | List): void {
    this.#stored.set(key, stored);
    if (stored.expiresAt !== null) this.#expiry.add(key, stored.expiresAt);
  }

  #remove(key: string): void {
    this.#stored.delete(key);
    this.#expiry.forget(key);
  }

  #purge(now: number, limit: number): void {
    for (let looked = 0; looked < limit; looked++) {
      const key = this.#expiry.takeDue(now);
      if (key === null) return;
      const expiresAt = this.#stored.get(key)?.expiresAt ?? null;
      if (expiresAt === null) continue;
      if (expiresAt <= now) this.#remove(key);
      else this.#expiry.add(key, expiresAt);
    }
  }

  #snapshot({ entries = [], lists = [] }: Reads, now: number): Snapshot {
    return {
      entries: entries.map((key) => {
        const entry = this.#entry(key, now);
        return entry && { value: entry.value, version: entry.version };
      }),
      lists: lists.map((range) => {
        const items = this.#list(range.key, now)?.items ?? [];
        const { start, end } = resolveRange(range, items.length);
        return { items: items.slice(start, end), length: items.length };
      }),
    };
  }

  #assertOpen(): void {
    if (this.#closed) throw new StateroomError('STORAGE', 'memory storage is closed');
  }
}

function isLive({ expiresAt }: Entry | List, now: number): boolean {
  return expiresAt === null || expiresAt > now;
}

function kindAfter(type: Change['type'], kind: Kind): Kind {
  if (type === 'set') return 'entry';
  if (type === 'append') return 'list';
  return type === 'delete' ? null : kind;
}
