import type { Conversation } from '@stateroom/ai-sdk/client';
import type { ClientView } from '@stateroom/orchestration';
import type { ChatMessage } from './chat-message.ts';

type Stored = Conversation<ChatMessage>;

/** What the server keeps of a session, as far as its owner may see it. */
export type SessionHistory = Pick<Stored, 'messages' | 'runningTurnId' | 'turns' | 'expiresAt' | 'forkOf'> & {
  /** Where the agent is, after the last turn that came to its end. Null in a session that has not begun. */
  readonly view: ClientView | null;
  /** Another one after each write; null while nothing is stored. */
  readonly version: string | null;
};

const nothing: SessionHistory = {
  messages: [],
  runningTurnId: null,
  turns: [],
  expiresAt: null,
  forkOf: null,
  view: null,
  version: null,
};

/** Null is a session of which nothing is stored. */
export function historyOf(conversation: Stored | null): SessionHistory {
  if (conversation === null) return nothing;
  const { messages, runningTurnId, turns, expiresAt, forkOf, state, version } = conversation;
  return { messages, runningTurnId, turns, expiresAt, forkOf, view: state, version };
}
