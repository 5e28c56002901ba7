import TinyQueue from 'tinyqueue';

type Due = { readonly key: string; readonly at: number };

/**
 * Keys in the order in which they may expire, so that dead ones are found without a walk over the living.
 * A key has one place in the queue: one that lives longer than it was queued for is queued again when its turn comes.
 */
export class ExpiryOrder {
  readonly #queue = new TinyQueue<Due>([], (a, b) => a.at - b.at);
  readonly #queuedAt = new Map<string, number>();

  add(key: string, expiresAt: number): void {
    const queuedAt = this.#queuedAt.get(key);
    if (queuedAt !== undefined && queuedAt <= expiresAt) return;
    this.#queuedAt.set(key, expiresAt);
    this.#queue.push({ key, at: expiresAt });
  }

  /** Takes the next key that was to expire by `now`, or null. Its owner looks whether it did, and adds it if not. */
  takeDue(now: number): string | null {
    for (let next = this.#queue.peek(); next !== undefined && next.at <= now; next = this.#queue.peek()) {
      this.#queue.pop();
      const isNewest = this.#queuedAt.get(next.key) === next.at;
      if (!isNewest) continue;
      this.#queuedAt.delete(next.key);
      return next.key;
    }
    return null;
  }
}
