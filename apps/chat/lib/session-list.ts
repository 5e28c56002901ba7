import type { SessionsClient, SessionSummary } from '@stateroom/ai-sdk/client';

export type SessionListSnapshot = {
  /** Null until they were read for the first time. */
  readonly sessions: readonly SessionSummary[] | null;
  /** Whether there are older ones than these. */
  readonly hasOlder: boolean;
  /** Whether they could not be read the last time: what is shown may be old. */
  readonly hasFailed: boolean;
};

const pageSize = 30;
/** As many as one request may ask for. */
const maxPageSize = 100;

/** The guest's own sessions, newest first, for whoever draws a list of them. */
export class SessionList {
  readonly #sessions: Pick<SessionsClient, 'list' | 'delete'>;
  readonly #listeners = new Set<() => void>();
  #snapshot: SessionListSnapshot = { sessions: null, hasOlder: false, hasFailed: false };
  #cursor: string | null = null;
  #reading: Promise<void> | null = null;
  #isStale = false;

  constructor(sessions: Pick<SessionsClient, 'list' | 'delete'>) {
    this.#sessions = sessions;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): SessionListSnapshot => this.#snapshot;

  /** Reads as many as are shown once more. Of calls that come while it reads, one is made up for. */
  async refresh(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#readUntilFresh().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  /** The next ones. */
  async showOlder(): Promise<void> {
    if (this.#cursor === null) return;
    await this.#read(async (cursor) => {
      const shown = this.#snapshot.sessions ?? [];
      const page = await this.#sessions.list({ limit: pageSize, cursor });
      const known = new Set(shown.map(({ sessionId }) => sessionId));
      return { ...page, sessions: [...shown, ...page.sessions.filter(({ sessionId }) => !known.has(sessionId))] };
    });
  }

  /** Deletes one for good. */
  async delete(sessionId: string): Promise<void> {
    await this.#sessions.delete(sessionId);
    const sessions = this.#snapshot.sessions?.filter((session) => session.sessionId !== sessionId) ?? null;
    this.#show({ ...this.#snapshot, sessions });
  }

  async #readUntilFresh(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      const limit = Math.min(Math.max(pageSize, this.#snapshot.sessions?.length ?? 0), maxPageSize);
      await this.#read(async () => this.#sessions.list({ limit }));
    }
  }

  async #read(read: (cursor: string | null) => ReturnType<SessionsClient['list']>): Promise<void> {
    try {
      const { sessions, cursor } = await read(this.#cursor);
      this.#cursor = cursor;
      this.#show({ sessions, hasOlder: cursor !== null, hasFailed: false });
    } catch {
      this.#show({ ...this.#snapshot, hasFailed: true });
    }
  }

  #show(snapshot: SessionListSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
