/**
 * Wakes those in this process who wait for something to come of a session, earlier than their next look at the storage
 * would. It only spares time: whoever is not woken looks all the same.
 */
export class Bell {
  readonly #sleepers = new Map<string, Set<() => void>>();

  ring(sessionId: string): void {
    for (const wake of this.#sleepers.get(sessionId) ?? []) wake();
  }

  /** Resolves after `ms`, or when the bell rings or the signal aborts. */
  async sleep(sessionId: string, ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise, resolve: wake } = Promise.withResolvers<void>();
    const sleepers = this.#sleepers.get(sessionId) ?? new Set();
    this.#sleepers.set(sessionId, sleepers.add(wake));
    const timer = setTimeout(wake, ms);
    const onAbort = () => wake();
    signal?.addEventListener('abort', onAbort, { once: true });
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    sleepers.delete(wake);
    if (sleepers.size === 0 && this.#sleepers.get(sessionId) === sleepers) this.#sleepers.delete(sessionId);
  }
}
