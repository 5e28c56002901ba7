'use client';

import { useParams } from 'next/navigation';
import { NotAboard } from './not-aboard.tsx';

/** A page in place of a session that is not there, or of an agent that is not. */
export function NoSuchSession({ agentIds }: { readonly agentIds: readonly string[] }) {
  const { agentId } = useParams<{ agentId: string }>();
  if (!agentIds.includes(agentId))
    return <NotAboard title="There is no such agent.">Nobody of that name is aboard.</NotAboard>;
  return (
    <NotAboard title="There is no such session.">
      It has expired, it was deleted, or it belongs to another guest.
    </NotAboard>
  );
}
