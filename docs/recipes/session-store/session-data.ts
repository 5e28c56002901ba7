import { z } from 'zod';

/** What is kept of a session: these four, and whatever plain data an application adds. Times are epoch milliseconds. */
export const SessionData = z.looseObject({
  username: z.string(),
  sessionId: z.string(),
  createdAt: z.number(),
  lastActivity: z.number(),
});
export type SessionData = z.infer<typeof SessionData>;
