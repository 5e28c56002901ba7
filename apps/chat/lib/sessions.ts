import { createSessionsClient, type SessionsClient } from '@stateroom/ai-sdk/client';
import type { ChatMessage } from './chat-message.ts';

/** What the last request found: the server, or a server whose storage is down, or nobody. */
export type Reach = 'reached' | 'out of order' | 'not reached';

/** The guest's own sessions over HTTP; each request tells how it found the server. */
export function sessionsOf(onReach: (reach: Reach) => void): SessionsClient<ChatMessage> {
  return createSessionsClient<ChatMessage>({ fetch: tellingFetch(onReach) });
}

function tellingFetch(onReach: (reach: Reach) => void): typeof fetch {
  return async (input, init) => {
    try {
      const response = await fetch(input, init);
      onReach(response.status >= 500 ? 'out of order' : 'reached');
      return response;
    } catch (error) {
      if (init?.signal?.aborted !== true) onReach('not reached');
      throw error;
    }
  };
}
