const utf8 = new TextEncoder();
const maxBytes = 1024 * 1024;
const maxWaitMs = 10_000;

/** What a turn has said and not stored yet. It is bounded: whoever writes more has to wait. */
export class ChunkBuffer {
  #chunks: unknown[] = [];
  #bytes = 0;
  #oldestAt = 0;
  readonly #waiting = new Set<() => void>();

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Resolves when there is room again: at once as long as less than 1 MiB, and for less than 10 s, is waiting. */
  async add(chunk: unknown): Promise<void> {
    if (this.isEmpty) this.#oldestAt = performance.now();
    this.#chunks.push(chunk);
    this.#bytes += utf8.encode(JSON.stringify(chunk)).length;
    while (this.#isFull()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** All of it, in order. What is taken counts no more. */
  take(): unknown[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    this.#release();
    return chunks;
  }

  /** What was taken, and could not be stored, comes first again. */
  putBack(chunks: readonly unknown[]): void {
    this.#chunks = [...chunks, ...this.#chunks];
  }

  /** Lets those that wait look again. */
  #release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  #isFull(): boolean {
    return !this.isEmpty && (this.#bytes > maxBytes || performance.now() - this.#oldestAt > maxWaitMs);
  }
}

/** How long after a flush the next may come: about fifty commits for an answer of half a minute. */
export function flushEveryMs(ageMs: number): number {
  if (ageMs < 1000) return 100;
  return ageMs < 5000 ? 250 : 1000;
}
