import { refuseUnless, StateroomError } from '../errors.ts';
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
import { WideMap } from './wide-map.ts';

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

/** In epoch milliseconds, null for never: when it expires, and when it is to be looked at for that (ExpiryOrder). */
type Life = { readonly expiresAt: number | null; readonly queuedAt: number | null };
type Entry = Life & { readonly kind: 'entry'; readonly value: string; readonly version: string };
/** Its items are appended to in place, and copied out. */
type List = Life & { readonly kind: 'list'; readonly items: string[] };
/** What a key holds once changes are applied: an entry, a list of so many items, or nothing. */
type Holding = 'entry' | number | null;

/** Keys per commit whose noted end of life has come: memory is given back as it is used, and no commit pays for many. */
const purgedPerCommit = 32;

class MemoryStorage implements StorageProvider {
  readonly name = 'memory';
  readonly scope = 'process';
  readonly consistency = 'linearizable';
  readonly #maxEntries: number;
  readonly #clock: () => number;
  readonly #stored = new WideMap<Entry | List>();
  readonly #expiry = new ExpiryOrder(this.#stored);
  #closed = false;

  constructor({ maxEntries = 100_000, clock = Date.now }: MemoryStorageOptions) {
    refuseUnless(maxEntries >= 1, 'maxEntries', 'is no number from 1');
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
      this.#assertApplicable(changes, reads, now);
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

  /** Fails before the first change is made, for whatever would fail in their midst: a wrong kind, a lack of room. */
  #assertApplicable(changes: readonly Change[], { entries = [], lists = [] }: Reads, now: number): void {
    const holdings = new Map<string, Holding>();
    const holdingOf = (key: string) => {
      const changed = holdings.get(key);
      return changed === undefined ? this.#holding(key, now) : changed;
    };
    for (const change of changes) holdings.set(change.key, holdingAfter(change, holdingOf(change.key)));
    for (const key of entries) if (typeof holdingOf(key) === 'number') throw wrongKind(key, 'list');
    for (const { key } of lists) if (holdingOf(key) === 'entry') throw wrongKind(key, 'entry');
    this.#makeRoom(holdings, now);
  }

  #holding(key: string, now: number): Holding {
    const stored = this.#live(key, now);
    return stored?.kind === 'list' ? stored.items.length : (stored?.kind ?? null);
  }

  #makeRoom(holdings: ReadonlyMap<string, Holding>, now: number): void {
    const isTooMuch = () => {
      let growth = 0;
      for (const [key, holding] of holdings) growth += Number(holding !== null) - Number(this.#stored.has(key));
      return growth > 0 && this.#stored.size + growth > this.#maxEntries;
    };
    if (!isTooMuch()) return;
    this.#purge(now, Number.POSITIVE_INFINITY);
    if (isTooMuch()) throw new StateroomError('LIMIT', `memory storage holds its bound of ${this.#maxEntries} keys`);
  }

  #apply(change: Change, now: number): void {
    const { key } = change;
    const existing = this.#live(key, now);
    const before = existing?.expiresAt ?? null;
    switch (change.type) {
      case 'set': {
        const { value, version, ttlMs } = change;
        const { expiresAt, queuedAt } = this.#lifeOf(key, resolveExpiry(ttlMs, before, now));
        return this.#put(key, { kind: 'entry', value, version, expiresAt, queuedAt });
      }
      case 'append': {
        const items = existing?.kind === 'list' ? existing.items : [];
        for (const item of change.items) items.push(item);
        const { expiresAt, queuedAt } = this.#lifeOf(key, resolveExpiry(change.ttlMs, before, now));
        return this.#put(key, { kind: 'list', items, expiresAt, queuedAt });
      }
      case 'truncate': {
        if (existing?.kind !== 'list') return;
        existing.items.length = Math.min(existing.items.length, change.length);
        if (existing.items.length === 0) this.#remove(key);
        return;
      }
      case 'touch': {
        if (existing !== null)
          this.#put(key, { ...existing, ...this.#lifeOf(key, resolveExpiry(change.ttlMs, null, now)) });
        return;
      }
      case 'delete':
        return this.#remove(key);
    }
  }

  #lifeOf(key: string, expiresAt: number | null): Life {
    const queuedAt = this.#stored.get(key)?.queuedAt ?? null;
    return { expiresAt, queuedAt: this.#expiry.queue(key, expiresAt, queuedAt) };
  }

  #put(key: string, stored: Entry | List): void {
    this.#stored.set(key, stored);
    this.#expiry.sweep();
  }

  #remove(key: string): void {
    this.#stored.delete(key);
    this.#expiry.sweep();
  }

  #purge(now: number, limit: number): void {
    for (let looked = 0; looked < limit; looked++) {
      const key = this.#expiry.takeDue(now);
      const stored = key === null ? undefined : this.#stored.get(key);
      if (key === null || stored === undefined) return;
      if (!isLive(stored, now)) this.#remove(key);
      else this.#put(key, { ...stored, queuedAt: this.#expiry.queue(key, stored.expiresAt, null) });
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

function holdingAfter(change: Change, before: Holding): Holding {
  switch (change.type) {
    case 'set':
      if (typeof before === 'number') throw wrongKind(change.key, 'list');
      return 'entry';
    case 'append':
      if (before === 'entry') throw wrongKind(change.key, 'entry');
      return (before ?? 0) + change.items.length;
    case 'truncate':
      if (before === 'entry') throw wrongKind(change.key, 'entry');
      return before === null || change.length === 0 ? null : Math.min(before, change.length);
    case 'touch':
      return before;
    case 'delete':
      return null;
  }
}
