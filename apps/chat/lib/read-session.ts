import { loadConversation } from '@stateroom/ai-sdk';
import type { AgentCard } from '../agents/index.ts';
import type { ChatMessage } from './chat-message.ts';
import { identifyGuest } from './guest.ts';
import { getServices } from './services.ts';
import type { SessionHistory } from './session-history.ts';

export type SessionAddress = { readonly agentId: string; readonly sessionId: string };

/** Ids as this app makes them; a longer or stranger one was never handed out. */
const sessionIdPattern = /^[A-Za-z0-9_-]{8,64}$/;

/**
 * A session as its owner left it; one that is new, or another guest's, is an empty one. Null for an agent or an id
 * that this app does not have, and for somebody it does not know.
 */
export async function readSession(
  { agentId, sessionId }: SessionAddress,
  headers: Pick<Headers, 'get'>,
): Promise<(SessionHistory & { readonly card: AgentCard }) | null> {
  const { agents, storage } = getServices();
  const profile = agents.find(({ agent }) => agent.id === agentId);
  const owner = await identifyGuest({ headers });
  if (profile === undefined || owner === null || !sessionIdPattern.test(sessionId)) return null;
  const { agent, card } = profile;
  const conversation = await loadConversation({ storage, agent, sessionId, owner });
  // The type differs in its data parts alone, and those are transient: none is ever stored.
  const messages = (conversation?.messages ?? []) as readonly ChatMessage[];
  const { state: view = null, runningTurnId = null } = conversation ?? {};
  return { card, messages, view, runningTurnId };
}
