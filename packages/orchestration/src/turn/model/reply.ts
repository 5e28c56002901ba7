import type { EntryKey, EntryValues, ListItems, ListKey, Version } from './stored.ts';
import type { Commit, Reads, Storage } from './storage.ts';

/** An entry as it was seen. */
export type Found<V> = { readonly version: Version; readonly value: V };

/**
 * What a commit brings back in its one round trip: what was asked for by its reads, and what is there in place of what
 * it checked. To look at anything else is a defect of the protocol, and throws.
 */
export class Reply {
  readonly committed: boolean;
  readonly refused: Commit['refused'];
  /** Whether an earlier sending of the same commit may have taken effect: its reply was lost. */
  readonly isOfResent: boolean;
  readonly #storage: Storage;
  readonly #reads: Reads;

  constructor({ storage, refused }: Commit, reads: Reads, isOfResent: boolean) {
    this.committed = refused.length === 0;
    this.refused = refused;
    this.isOfResent = isOfResent;
    this.#storage = storage;
    this.#reads = reads;
  }

  entry<K extends EntryKey>(key: K): Found<EntryValues[K]> | null {
    if (!this.#knows(key)) throw new Error(`${key} was not asked for`);
    const entry = this.#storage.entries[key];
    return entry === undefined ? null : { version: entry.version, value: entry.value };
  }

  /** Whether there is an entry as far as this reply can tell. */
  shows(key: EntryKey): boolean {
    return this.#knows(key) && this.entry(key) !== null;
  }

  items<K extends ListKey>(key: K): readonly ListItems[K][] {
    const { start, end } = this.#range(key);
    return (this.#storage.lists[key]?.items ?? []).slice(start, end);
  }

  length(key: ListKey): number {
    this.#range(key);
    return this.#storage.lists[key]?.items.length ?? 0;
  }

  #knows(key: EntryKey): boolean {
    return this.#reads.entries.includes(key) || this.refused.includes(key);
  }

  #range(key: ListKey) {
    const range = this.#reads.lists.find((each) => each.key === key);
    if (range === undefined) throw new Error(`${key} was not asked for`);
    return range;
  }
}
