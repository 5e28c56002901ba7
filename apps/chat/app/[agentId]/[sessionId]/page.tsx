import { loadConversation } from '@stateroom/ai-sdk';
import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import { ChatRoom } from '../../../components/chat-room.tsx';
import { SiteHeader } from '../../../components/site-header.tsx';
import type { ChatMessage } from '../../../lib/chat-message.ts';
import { identifyGuest } from '../../../lib/guest.ts';
import { modelLine } from '../../../lib/model-line.ts';
import { getServices } from '../../../lib/services.ts';

export type SessionPageProps = { readonly params: Promise<{ agentId: string; sessionId: string }> };

/** Ids as this app makes them; a longer or stranger one was never handed out. */
const sessionIdPattern = /^[A-Za-z0-9_-]{8,64}$/;

export async function generateMetadata({ params }: SessionPageProps): Promise<Metadata> {
  const { agentId } = await params;
  const profile = getServices().agents.find(({ agent }) => agent.id === agentId);
  return { title: profile?.card.title ?? 'Not found' };
}

/** A session as its owner left it; one that is new, or another guest's, is an empty room. */
export default async function SessionPage({ params }: SessionPageProps) {
  const { agentId, sessionId } = await params;
  const { agents, storage, chosenModel } = getServices();
  const profile = agents.find(({ agent }) => agent.id === agentId);
  const owner = await identifyGuest({ headers: await headers() });
  if (profile === undefined || owner === null || !sessionIdPattern.test(sessionId)) notFound();
  const { agent, card } = profile;
  const conversation = await loadConversation({ storage, agent, sessionId, owner });
  // The type differs in its data parts alone, and those are transient: none is ever stored.
  const messages = (conversation?.messages ?? []) as readonly ChatMessage[];
  return (
    <div className="flex h-dvh flex-col">
      <SiteHeader cards={agents.map((each) => ({ id: each.card.id, title: each.card.title }))} currentId={agentId} />
      <ChatRoom
        key={sessionId}
        card={card}
        sessionId={sessionId}
        messages={messages}
        view={conversation?.state ?? null}
        modelLabel={modelLine(chosenModel)}
      />
    </div>
  );
}
