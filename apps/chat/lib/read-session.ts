import { type Conversation, loadConversation } from '@stateroom/ai-sdk';
import type { AgentProfile } from '../agents/index.ts';
import type { ChatMessage } from './chat-message.ts';
import { identifyGuest } from './guest.ts';
import { getServices } from './services.ts';
import { historyOf, type SessionHistory } from './session-history.ts';

export type SessionAddress = { readonly agentId: string; readonly sessionId: string };

export type FoundSession = { readonly profile: AgentProfile; readonly history: SessionHistory };

/** Ids as this app makes them; a longer or stranger one was never handed out. */
const sessionIdPattern = /^[A-Za-z0-9_-]{8,64}$/;

/**
 * A session as its owner left it; one that has not begun has an empty history. Null for an agent or an id that this app
 * does not have, and for somebody it does not know.
 */
export async function readSession(
  { agentId, sessionId }: SessionAddress,
  headers: Pick<Headers, 'get'>,
): Promise<FoundSession | null> {
  const { agents, storage } = getServices();
  const profile = agents.find(({ agent }) => agent.id === agentId);
  const owner = await identifyGuest({ headers });
  if (profile === undefined || owner === null || !sessionIdPattern.test(sessionId)) return null;
  const conversation = await loadConversation({ storage, agent: profile.agent, sessionId, owner });
  // The type differs in its data parts alone, and those are transient: none is ever stored.
  return { profile, history: historyOf(conversation as Conversation<ChatMessage> | null) };
}
