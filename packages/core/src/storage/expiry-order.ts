import TinyQueue from 'tinyqueue';

type Due = { readonly key: string; readonly at: number };

/** What is asked of the owner's map of its keys. */
type Owned = Iterable<readonly [key: string, { readonly queuedAt: number | null }]> & {
  readonly size: number;
  get(key: string): { readonly queuedAt: number | null } | undefined;
};

/** Below this a queue is too short for its dead places to matter. */
const shortQueue = 64;

/**
 * Keys in the order in which they may expire, so that dead ones are found without a walk over the living. A key has one
 * valid place in the queue, the one that its owner notes as `queuedAt`; places that are no longer valid are swept out
 * when they are the greater part.
 */
export class ExpiryOrder {
  readonly #owned: Owned;
  #queue = newQueue([]);

  constructor(owned: Owned) {
    this.#owned = owned;
  }

  /**
   * Makes sure that a key is looked at when it expires, at the latest, and gives back for when it is queued: one that
   * is prolonged keeps its place, and is queued again when its turn comes. Null is never.
   */
  queue(key: string, expiresAt: number | null, queuedAt: number | null): number | null {
    if (expiresAt === null) return null;
    if (queuedAt !== null && queuedAt <= expiresAt) return queuedAt;
    this.#queue.push({ key, at: expiresAt });
    return expiresAt;
  }

  /** Takes the next key that was to be looked at by `now`, or null. */
  takeDue(now: number): string | null {
    for (let next = this.#queue.peek(); next !== undefined && next.at <= now; next = this.#queue.peek()) {
      this.#queue.pop();
      if (this.#isValid(next)) return next.key;
    }
    return null;
  }

  /** To be called when keys have been put in or taken out. */
  sweep(): void {
    if (this.#queue.length < shortQueue || this.#queue.length < 2 * this.#owned.size) return;
    const valid: Due[] = [];
    for (const [key, { queuedAt }] of this.#owned) if (queuedAt !== null) valid.push({ key, at: queuedAt });
    this.#queue = newQueue(valid);
  }

  clear(): void {
    this.#queue = newQueue([]);
  }

  #isValid({ key, at }: Due): boolean {
    return this.#owned.get(key)?.queuedAt === at;
  }
}

function newQueue(due: Due[]): TinyQueue<Due> {
  return new TinyQueue(due, (a, b) => a.at - b.at);
}
