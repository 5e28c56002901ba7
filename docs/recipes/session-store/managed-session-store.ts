import {
  isStateroomError,
  SessionManager,
  type SessionManagerOptions,
  StateroomError,
  type StorageProvider,
  unwrap,
  unwrapOrNull,
} from '@stateroom/core';
import { SessionData } from './session-data.ts';
import type { SessionStore } from './session-store.ts';

export type ManagedSessionStoreOptions = Pick<
  SessionManagerOptions<SessionData>,
  'storage' | 'namespace' | 'hashTags' | 'maxStateBytes' | 'clock' | 'logger'
> & {
  /** An hour by default, since the last save or refresh. */
  readonly ttlMs?: number;
};

const hourMs = 60 * 60_000;

/** The five methods over a SessionManager. Keys are `session:{id}`, without braces, as redis-cli shows them. */
export class ManagedSessionStore implements SessionStore, AsyncDisposable {
  /**
   * For what the five methods cannot say: `updateSession` changes a session that is there, checked against everybody
   * else's changes, and never makes one.
   */
  readonly sessions: SessionManager<SessionData>;
  readonly #storage: StorageProvider;
  readonly #clock: () => number;

  /** Owns the storage from now on. */
  constructor({ ttlMs = hourMs, ...options }: ManagedSessionStoreOptions) {
    this.#storage = options.storage;
    this.#clock = options.clock ?? Date.now;
    this.sessions = new SessionManager({
      namespace: 'session',
      hashTags: false,
      ...options,
      schema: SessionData,
      // Given by saveSession below; the schema judges what comes out before it is stored.
      initialState: ({ input, now }) => ({ ...(input as SessionData), lastActivity: now }),
      ttl: { idleMs: ttlMs, slideOn: 'write' },
    });
  }

  async saveSession(sessionId: string, data: SessionData): Promise<void> {
    if (data.sessionId !== sessionId) {
      throw new StateroomError('INVALID', 'data.sessionId is not the id to save under', { path: 'data.sessionId' });
    }
    unwrap(await this.sessions.createSession({ sessionId, input: data, ifExists: 'replace' }));
  }

  async getSession(sessionId: string): Promise<SessionData | null> {
    return unwrapOrNull(await this.sessions.getSession(sessionId))?.data ?? null;
  }

  async refreshSession(sessionId: string): Promise<void> {
    const refreshed = await this.sessions.updateSession(sessionId, (data) => ({
      ...data,
      // A clock that is behind that of another process takes nothing back.
      lastActivity: Math.max(data.lastActivity, this.#clock()),
    }));
    unwrapOrNull(refreshed);
  }

  async deleteSession(sessionId: string): Promise<void> {
    unwrap(await this.sessions.deleteSession(sessionId));
  }

  async healthCheck(): Promise<boolean> {
    try {
      await this.#storage.ping();
      return true;
    } catch (error) {
      if (isStateroomError(error) && ['STORAGE', 'TIMEOUT'].includes(error.code)) return false;
      throw error;
    }
  }

  /** For operators: reads all sessions, by a scan. */
  async countSessions(): Promise<number> {
    return (await this.sessions.stats()).sessions;
  }

  /** For operators, as `countSessions`. Ids of sessions that cannot be read are among them. */
  async sessionIds(): Promise<readonly string[]> {
    const { summaries, failed } = await this.sessions.stats({ summary: () => null });
    return [...summaries, ...failed].map(({ sessionId }) => sessionId);
  }

  /** Closes the storage too. */
  async close(): Promise<void> {
    await this.sessions.close();
    await this.#storage.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
