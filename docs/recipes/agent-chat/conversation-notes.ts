import { SessionManager, type SessionManagerOptions, unwrap, unwrapOrNull } from '@stateroom/core';
import { z } from 'zod';

/** What is remembered of a conversation beside its transcript. */
export const Notes = z.object({
  sessionId: z.string(),
  /** What it was about last, null at first. */
  topic: z.string().nullable(),
  /** One line for each answer of a tool, oldest first, the last 20. */
  summaries: z.array(z.string()),
});
export type Notes = z.infer<typeof Notes>;

const maxSummaries = 20;

/**
 * The notes of all conversations, each under its own id in the namespace `sessions`. They end 30 minutes after the last
 * one was taken, by default. For server code, which has found out before whose conversation it is.
 */
export class ConversationNotes {
  readonly sessions: SessionManager<Notes>;

  constructor(options: Pick<SessionManagerOptions<Notes>, 'storage' | 'ttl' | 'clock' | 'logger'>) {
    this.sessions = new SessionManager({
      ...options,
      schema: Notes,
      initialState: ({ sessionId }) => ({ sessionId, topic: null, summaries: [] }),
    });
  }

  /** Of notes that are taken at once, all are kept. The first makes the session. */
  async take(sessionId: string, topic: string, summary: string): Promise<void> {
    unwrap(await this.sessions.createSession({ sessionId, ifExists: 'return' }));
    const noted = await this.sessions.updateSession(sessionId, (notes) => ({
      ...notes,
      topic,
      summaries: [...notes.summaries, summary].slice(-maxSummaries),
    }));
    unwrap(noted);
  }

  /** Null where nothing was noted, or too long ago. */
  async read(sessionId: string): Promise<Notes | null> {
    return unwrapOrNull(await this.sessions.getSession(sessionId))?.data ?? null;
  }
}
