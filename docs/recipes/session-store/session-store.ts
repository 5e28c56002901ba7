import type { SessionData } from './session-data.ts';

/**
 * Where an application keeps its sessions. A session that is missing and one that has expired are the same to all five.
 * What goes wrong is thrown as a StateroomError, on every storage alike, and never looks like absence.
 */
export interface SessionStore {
  /**
   * Puts `data` in place of the session, or makes it, in one commit; its hour begins, and `lastActivity` is now. Nothing
   * of an earlier session of this id stays. INVALID where `data.sessionId` is another id.
   */
  saveSession(sessionId: string, data: SessionData): Promise<void>;
  /** The caller's own copy; null when there is none. Reading is not activity. */
  getSession(sessionId: string): Promise<SessionData | null>;
  /** The session's hour begins anew, and `lastActivity` is now. Nothing where there is none: it never revives. */
  refreshSession(sessionId: string): Promise<void>;
  /** Nothing where there is none. */
  deleteSession(sessionId: string): Promise<void>;
  /** Whether the storage answers. */
  healthCheck(): Promise<boolean>;
}
