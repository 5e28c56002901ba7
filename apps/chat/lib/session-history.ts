import type { ClientView } from '@stateroom/orchestration';
import type { ChatMessage } from './chat-message.ts';

/** What the server keeps of a session, as far as its owner may see it. */
export type SessionHistory = {
  readonly messages: readonly ChatMessage[];
  /** Where the agent is, after the last turn that came to its end. Null in a session that has not begun. */
  readonly view: ClientView | null;
  /** The turn whose answer is still to come. */
  readonly runningTurnId: string | null;
};

/** Asks the server, past every cache; null when it does not answer as it should. */
export async function fetchHistory(agentId: string, sessionId: string): Promise<SessionHistory | null> {
  try {
    const response = await fetch(`/api/chat/${agentId}/${sessionId}`, { cache: 'no-store' });
    // Our own route's answer, to the page of the same build.
    return response.ok ? ((await response.json()) as SessionHistory) : null;
  } catch {
    return null;
  }
}
