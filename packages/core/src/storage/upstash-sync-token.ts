/**
 * Whether the token by which Upstash shows a client its own writes is that of its last write. The client keeps the token
 * of whichever answer came last: so with several requests on their way at once, it may be an older one than that.
 */
export class SyncToken {
  #running = 0;
  /** Of those on their way at once: how many there were, and whether one of them writes. */
  #together = 0;
  #isWriting = false;
  #isNewest = true;

  isNewest(): boolean {
    return this.#isNewest && !(this.#running > 0 && this.#isWriting);
  }

  async during<R>(isWrite: boolean, request: () => Promise<R>): Promise<R> {
    this.#running += 1;
    this.#together += 1;
    this.#isWriting ||= isWrite;
    let isAnswered = false;
    try {
      const reply = await request();
      isAnswered = true;
      return reply;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#settle(isAnswered);
    }
  }

  #settle(isAnswered: boolean): void {
    const wasAlone = this.#together === 1;
    // One that was alone was sent after all writes before it were answered, so that its token is newer than theirs.
    if (this.#isWriting) this.#isNewest = wasAlone && (isAnswered || this.#isNewest);
    this.#together = 0;
    this.#isWriting = false;
  }
}
