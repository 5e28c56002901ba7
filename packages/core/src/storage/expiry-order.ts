import TinyQueue from 'tinyqueue';

type Due = { readonly key: string; readonly at: number };

/** Below this a queue is too short for its dead places to matter. */
const shortQueue = 64;

/**
 * Keys in the order in which they may expire, so that dead ones are found without a walk over the living.
 * A key has one valid place in the queue: one that lives longer than it was queued for is queued again when its turn
 * comes. Places that are no longer valid are swept out when they are the greater part.
 */
export class ExpiryOrder {
  readonly #dueAt = new Map<string, number>();
  #queue = newQueue([]);

  /** Null: it does not expire, or is no more. */
  set(key: string, expiresAt: number | null): void {
    if (expiresAt === null) {
      this.#dueAt.delete(key);
    } else {
      const dueAt = this.#dueAt.get(key);
      if (dueAt !== undefined && dueAt <= expiresAt) return;
      this.#dueAt.set(key, expiresAt);
      this.#queue.push({ key, at: expiresAt });
    }
    this.#sweep();
  }

  clear(): void {
    this.#dueAt.clear();
    this.#queue = newQueue([]);
  }

  /** Takes the next key that was to expire by `now`, or null. Its owner looks whether it did, and sets it anew if not. */
  takeDue(now: number): string | null {
    for (let next = this.#queue.peek(); next !== undefined && next.at <= now; next = this.#queue.peek()) {
      this.#queue.pop();
      if (!this.#isValid(next)) continue;
      this.#dueAt.delete(next.key);
      return next.key;
    }
    return null;
  }

  #isValid({ key, at }: Due): boolean {
    return this.#dueAt.get(key) === at;
  }

  #sweep(): void {
    if (this.#queue.length < shortQueue || this.#queue.length < 2 * this.#dueAt.size) return;
    this.#queue = newQueue([...this.#dueAt].map(([key, at]) => ({ key, at })));
  }
}

function newQueue(due: Due[]): TinyQueue<Due> {
  return new TinyQueue(due, (a, b) => a.at - b.at);
}
