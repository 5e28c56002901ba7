import { isStateroomError, StateroomError } from '../errors.ts';
import type { Check, ScannedKey, StorageProvider } from './provider.ts';

export type CopyOptions = {
  /** Only keys that begin with it; all by default. */
  readonly prefix?: string;
  /** Called after each key. */
  readonly onProgress?: (report: CopyReport) => void;
  /** Reads each key back and compares. Off by default. */
  readonly verify?: boolean;
};

export type CopyReport = {
  /** Keys that were written, and those that were there already, to the letter. */
  readonly copied: number;
  readonly same: number;
  readonly failed: readonly { readonly key: string; readonly error: StateroomError }[];
};

/** Items per commit, so that no request is too large for an engine. */
const itemsAtOnce = 1000;

/**
 * Copies all keys, with their kinds, versions and what is left of their lives; what else is in `to` stays. A key that
 * fails is reported and does not stop the others: run it again for those. Nobody should write to `from` meanwhile, for
 * each key is copied by itself. Throws STORAGE when `from` cannot be walked.
 */
export async function copyStorage(
  from: StorageProvider,
  to: StorageProvider,
  { prefix = '', onProgress = () => {}, verify = false }: CopyOptions = {},
): Promise<CopyReport> {
  let report: CopyReport = { copied: 0, same: 0, failed: [] };
  const seen = new Set<string>();
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page = await from.scan(prefix, cursor, itemsAtOnce);
    const scannedAt = performance.now();
    cursor = page.cursor;
    for (const scanned of page.found) {
      // A scan may find a key twice.
      if (seen.has(scanned.key)) continue;
      seen.add(scanned.key);
      report = await copyKey(new KeyCopy(from, to, { ...scanned, scannedAt }), verify).then(
        (outcome) => (outcome === 'gone' ? report : { ...report, [outcome]: report[outcome] + 1 }),
        (error: unknown) => ({ ...report, failed: [...report.failed, { key: scanned.key, error: asOurs(error) }] }),
      );
      onProgress(report);
    }
  }
  return report;
}

async function copyKey(copy: KeyCopy, verify: boolean): Promise<'copied' | 'same' | 'gone'> {
  const outcome = await copy.write();
  if (outcome === 'copied' && verify && (await copy.write()) === 'copied') {
    throw new StateroomError('CONFLICT', 'what was written is not what is there; somebody else writes to it');
  }
  return outcome;
}

/** One key on its way. Written again, it finds itself the same. */
class KeyCopy {
  readonly #from: StorageProvider;
  readonly #to: StorageProvider;
  readonly #scanned: ScannedKey & { readonly scannedAt: number };

  constructor(from: StorageProvider, to: StorageProvider, scanned: ScannedKey & { readonly scannedAt: number }) {
    this.#from = from;
    this.#to = to;
    this.#scanned = scanned;
  }

  async write(): Promise<'copied' | 'same' | 'gone'> {
    if (this.#ttlMs() === 0) return 'gone';
    return this.#scanned.kind === 'entry' ? this.#writeEntry() : this.#writeList();
  }

  /** What is left by now of the life that the scan told of. */
  #ttlMs(): number | null {
    const { ttlMs, scannedAt } = this.#scanned;
    return ttlMs === null ? null : Math.max(0, Math.floor(ttlMs - (performance.now() - scannedAt)));
  }

  async #writeEntry(): Promise<'copied' | 'same' | 'gone'> {
    const { key } = this.#scanned;
    const [[entry = null], [there = null]] = await Promise.all([
      this.#from.read({ entries: [key] }).then(({ entries }) => entries),
      this.#to.read({ entries: [key] }).then(({ entries }) => entries),
    ]);
    if (entry === null) return 'gone';
    if (entry.version === there?.version) {
      if (entry.value === there.value) return 'same';
      throw new StateroomError('CONFLICT', 'another value has the same version there');
    }
    const ttlMs = this.#ttlMs();
    if (ttlMs === 0) return 'gone';
    await this.#commit({ key, version: there?.version ?? null }, [{ type: 'set', key, ...entry, ttlMs }]);
    return 'copied';
  }

  async #writeList(): Promise<'copied' | 'same' | 'gone'> {
    const { key } = this.#scanned;
    const items = await allItems(this.#from, key);
    if (items.length === 0) return 'gone';
    const there = await allItems(this.#to, key);
    if (items.length === there.length && items.every((item, index) => item === there[index])) return 'same';
    if (there.length > 0) await this.#commit({ key, length: there.length }, [{ type: 'delete', key }]);
    for (let length = 0; length < items.length; length += itemsAtOnce) {
      const slice = items.slice(length, length + itemsAtOnce);
      const ttlMs = this.#ttlMs();
      if (ttlMs === 0) return 'gone';
      await this.#commit({ key, length }, [{ type: 'append', key, items: slice, ttlMs }]);
    }
    return 'copied';
  }

  async #commit(check: Check, changes: Parameters<StorageProvider['commit']>[0]['changes']): Promise<void> {
    const { committed } = await this.#to.commit({ checks: [check], changes });
    if (!committed) throw new StateroomError('CONFLICT', 'somebody else writes to the same key');
  }
}

async function allItems(storage: StorageProvider, key: string): Promise<readonly string[]> {
  const items: string[] = [];
  for (;;) {
    const [window] = (await storage.read({ lists: [{ key, start: items.length, end: items.length + itemsAtOnce }] }))
      .lists;
    if (window === undefined || window.items.length === 0) return items;
    items.push(...window.items);
  }
}

function asOurs(error: unknown): StateroomError {
  return isStateroomError(error) ? error : new StateroomError('STORAGE', 'the storage failed', { cause: error });
}
