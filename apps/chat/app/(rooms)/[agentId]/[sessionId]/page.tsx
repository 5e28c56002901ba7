import { createId } from '@stateroom/core';
import { workflowArrows } from '@stateroom/orchestration';
import type { Metadata } from 'next';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import { ChatRoom } from '../../../../components/chat-room.tsx';
import { modelLine } from '../../../../lib/model-line.ts';
import { readSession, type SessionAddress } from '../../../../lib/read-session.ts';
import { getServices } from '../../../../lib/services.ts';

export type SessionPageProps = {
  readonly params: Promise<SessionAddress>;
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

export async function generateMetadata({ params }: SessionPageProps): Promise<Metadata> {
  const { agentId } = await params;
  const profile = getServices().agents.find(({ agent }) => agent.id === agentId);
  return { title: profile?.card.title ?? 'Not found' };
}

export default async function SessionPage({ params, searchParams }: SessionPageProps) {
  const { agentId, sessionId } = await params;
  const isNew = 'new' in (await searchParams);
  const session = await readSession({ agentId, sessionId }, await headers());
  if (session === null || (session.history.version === null && !isNew)) notFound();
  const { agent, card } = session.profile;
  return (
    <ChatRoom
      key={sessionId}
      card={card}
      arrows={agent.workflow === null ? [] : workflowArrows(agent.workflow)}
      sessionId={sessionId}
      history={session.history}
      renderId={createId()}
      modelLabel={modelLine(getServices().chosenModel)}
    />
  );
}
