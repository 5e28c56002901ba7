import { StateroomError } from '../../errors.ts';
import type { IndexKeys } from '../../storage/keys.ts';
import type { Change, Check, StorageProvider } from '../../storage/provider.ts';
import type { Aside } from '../stored/attachment.ts';
import { tryCommit, unknownOutcome } from '../stored/storage-calls.ts';

/** A word that there may be a session of this id, and when it was given. It may come twice, and be wrong. */
export type Hint = { readonly sessionId: string; readonly at: number };

/** An index as it stood at one moment, oldest hint first. */
export type IndexSnapshot = {
  readonly hints: readonly Hint[];
  readonly length: number;
  readonly generation: string | null;
};

/** As long as a browser keeps a cookie: an owner who has been away for longer is known to none. */
const hintsLiveMs = 400 * 24 * 60 * 60_000;

/** Longer than anybody takes from reading an index to rewriting it. After that nobody compares generations. */
const generationLivesMs = 60 * 60_000;

/**
 * A list of ids under a key of its own, so that some sessions are found without looking at all. A session is announced
 * before it is made: so a hint may dangle, but none is missing. Whoever reads it makes sure of each.
 *
 * The list only grows, until it is put in order: then its generation becomes another one. So length and generation
 * together are its version.
 */
export class SessionIndex {
  readonly #storage: StorageProvider;
  readonly #keys: IndexKeys;

  constructor(storage: StorageProvider, keys: IndexKeys) {
    this.#storage = storage;
    this.#keys = keys;
  }

  async announce(hint: Hint): Promise<void> {
    // A hint that comes twice does no harm, so a lost reply is answered by another sending.
    const transaction = { checks: [], changes: this.#append([hint]) };
    for (let sendings = 1; sendings <= 3; sendings++) {
      if ((await tryCommit(this.#storage, transaction)) !== 'reply lost') return;
    }
    throw unknownOutcome();
  }

  /** What a commit includes to announce a session if the index still is as it was seen, and else not be made. */
  announcing(hint: Hint, seen: IndexSnapshot): Aside {
    return { checks: this.#checks(seen), changes: this.#append([hint]) };
  }

  /** The newest of all, and it is kept for longer: who asks for it still needs it. */
  async read(): Promise<IndexSnapshot> {
    const { list, generation } = this.#keys;
    const commit = await tryCommit(this.#storage, {
      checks: [],
      changes: [{ type: 'touch', key: list, ttlMs: hintsLiveMs }],
      reads: { entries: [generation], lists: [{ key: list }] },
    });
    if (commit === 'reply lost') throw new StateroomError('TIMEOUT', 'the storage did not answer in time; try again');
    const { entries, lists } = commit.snapshot;
    const { items, length } = lists[0] ?? { items: [], length: 0 };
    return { hints: items.flatMap(decodeHint), length, generation: entries[0]?.version ?? null };
  }

  /** Puts `hints` in place of all that was seen, unless somebody has changed it since: then it is left to the next. */
  async rewrite(seen: IndexSnapshot, hints: readonly Hint[], generation: string): Promise<boolean> {
    const { list } = this.#keys;
    const mark: Change = {
      type: 'set',
      key: this.#keys.generation,
      value: '',
      version: generation,
      ttlMs: generationLivesMs,
    };
    const changes: Change[] = [
      { type: 'truncate', key: list, length: 0 },
      ...(hints.length === 0 ? [] : this.#append(hints)),
      mark,
    ];
    const commit = await tryCommit(this.#storage, { checks: this.#checks(seen), changes });
    return commit !== 'reply lost' && commit.committed;
  }

  #checks({ length, generation }: IndexSnapshot): Check[] {
    return [
      { key: this.#keys.list, length },
      { key: this.#keys.generation, version: generation },
    ];
  }

  #append(hints: readonly Hint[]): Change[] {
    return [{ type: 'append', key: this.#keys.list, items: hints.map(encodeHint), ttlMs: hintsLiveMs }];
  }
}

/**
 * Whether a write of a session has to announce it anew, so that it is listed for as long as it is written: with the
 * first write in each half of the time that a list lives, counted from the session's beginning.
 */
export function needsRenewal(
  { createdAt, updatedAt }: { readonly createdAt: number; readonly updatedAt: number },
  now: number,
): boolean {
  const halfOf = (time: number) => Math.floor((time - createdAt) / (hintsLiveMs / 2));
  return halfOf(now) > halfOf(updatedAt);
}

/** The newest first, and each id once. */
export function newestFirst({ hints }: IndexSnapshot): readonly Hint[] {
  const newest = new Map<string, Hint>();
  for (const hint of hints.toReversed()) if (!newest.has(hint.sessionId)) newest.set(hint.sessionId, hint);
  return [...newest.values()];
}

function encodeHint({ sessionId, at }: Hint): string {
  return JSON.stringify([sessionId, at]);
}

/** Nothing, for what is no hint: it names no session. */
function decodeHint(text: string): Hint[] {
  try {
    const hint: unknown = JSON.parse(text);
    if (!Array.isArray(hint)) return [];
    const [sessionId, at]: unknown[] = hint;
    return typeof sessionId === 'string' && typeof at === 'number' ? [{ sessionId, at }] : [];
  } catch {
    return [];
  }
}
