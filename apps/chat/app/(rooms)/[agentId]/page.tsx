import { createId } from '@stateroom/core';
import { notFound, redirect } from 'next/navigation';
import { getServices } from '../../../lib/services.ts';

export type AgentPageProps = { readonly params: Promise<{ agentId: string }> };

/**
 * Opens a new session. It is stored with its first message, so a visit alone leaves nothing behind; until then its
 * address says that it is new, and one that is not is never taken for an empty one.
 */
export default async function AgentPage({ params }: AgentPageProps) {
  const { agentId } = await params;
  if (!getServices().agents.some(({ agent }) => agent.id === agentId)) notFound();
  redirect(`/${agentId}/${createId()}?new`);
}
