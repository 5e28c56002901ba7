import type { Logger } from '../logger.ts';
import { callersOwn, thrownBy } from './callers-own.ts';
import { shortId } from './id.ts';

/** What this manager has just done to a session; what others do is told by `watch`. `version` is null once it is gone. */
export type SessionEvent = {
  readonly type: 'created' | 'updated' | 'deleted';
  readonly sessionId: string;
  readonly version: string | null;
};

/** What it returns is of no interest, but if it is a promise that fails, that is logged. */
export type SessionListener = (event: SessionEvent) => unknown;

/** Tells listeners after the fact. One that throws harms nobody: it is logged. */
export class SessionEvents {
  readonly #listeners = new Map<SessionEvent['type'], Set<SessionListener>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Returns what takes the listener off again. */
  on(type: SessionEvent['type'], listener: SessionListener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    // Its own function each time, so that the same one may listen twice.
    const own: SessionListener = (event) => listener(event);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  /** As `on`, for all types. */
  onAny(listener: SessionListener): () => void {
    const offs = (['created', 'updated', 'deleted'] as const).map((type) => this.on(type, listener));
    return () => {
      for (const off of offs) off();
    };
  }

  emit(event: SessionEvent): void {
    this.#logger.debug({ sessionId: shortId(event.sessionId) }, `the session was ${event.type}`);
    for (const listener of this.#listeners.get(event.type) ?? []) {
      // One that is asynchronous is not waited for, but what it throws is not lost either.
      callersOwn(() => listener(event)).catch((error: unknown) => {
        const fields = { sessionId: shortId(event.sessionId), error: thrownBy(error) };
        this.#logger.error(fields, `a listener for ${event.type} threw`);
      });
    }
  }
}
