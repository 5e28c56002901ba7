import { createId } from '@stateroom/core';
import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import { ChatRoom } from '../../../components/chat-room.tsx';
import { SiteHeader } from '../../../components/site-header.tsx';
import { modelLine } from '../../../lib/model-line.ts';
import { readSession, type SessionAddress } from '../../../lib/read-session.ts';
import { getServices } from '../../../lib/services.ts';

export type SessionPageProps = { readonly params: Promise<SessionAddress> };

export async function generateMetadata({ params }: SessionPageProps): Promise<Metadata> {
  const { agentId } = await params;
  const profile = getServices().agents.find(({ agent }) => agent.id === agentId);
  return { title: profile?.card.title ?? 'Not found' };
}

export default async function SessionPage({ params }: SessionPageProps) {
  const { agentId, sessionId } = await params;
  const { agents, chosenModel } = getServices();
  const session = await readSession({ agentId, sessionId }, await headers());
  if (session === null) notFound();
  return (
    <div className="flex h-dvh flex-col">
      <a
        href="#conversation"
        className="absolute top-2 left-2 z-10 -translate-y-16 rounded-lg bg-sea px-4 py-2 text-sm font-semibold text-on-sea focus:translate-y-0"
      >
        Skip to the conversation
      </a>
      <SiteHeader cards={agents.map((each) => ({ id: each.card.id, title: each.card.title }))} currentId={agentId} />
      <ChatRoom
        key={sessionId}
        card={session.card}
        sessionId={sessionId}
        history={{ messages: session.messages, view: session.view, runningTurnId: session.runningTurnId }}
        renderId={createId()}
        modelLabel={modelLine(chosenModel)}
      />
    </div>
  );
}
