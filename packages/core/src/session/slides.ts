import type { Envelope } from './stored/record.ts';

/**
 * Remembers when sessions were kept alive by being read, so that this is done at most once in a tenth of their idle
 * time. It remembers for no longer than that.
 */
export class Slides {
  readonly #slidAt = new Map<string, { readonly at: number; readonly idleMs: number }>();

  isDue(sessionId: string, { ttl, updatedAt }: Envelope, now: number): boolean {
    if (ttl.slideOn !== 'read' || ttl.idleMs === null) return false;
    const last = Math.max(updatedAt, this.#slidAt.get(sessionId)?.at ?? 0);
    return now - last >= ttl.idleMs / 10;
  }

  /** To be called when a session is kept alive. */
  note(sessionId: string, { ttl }: Envelope, now: number): void {
    // Those that were noted first are over first, as long as all have one idle time; others stay a little longer.
    for (const [known, { at, idleMs }] of this.#slidAt) {
      if (now - at < idleMs / 10) break;
      this.#slidAt.delete(known);
    }
    this.#slidAt.delete(sessionId);
    this.#slidAt.set(sessionId, { at: now, idleMs: ttl.idleMs ?? 0 });
  }
}
