'use client';

import type { WorkflowArrow } from '@stateroom/orchestration';
import { useState } from 'react';
import type { AgentCard } from '../agents/index.ts';
import type { SessionHistory } from '../lib/session-history.ts';
import { useConversation } from '../lib/use-conversation.ts';
import { useDraft } from '../lib/use-draft.ts';
import { useSession } from '../lib/use-session.ts';
import { useOwnSessions } from '../lib/use-session-list.tsx';
import { ConversationColumn } from './conversation-column.tsx';
import { RoomAside } from './room-aside.tsx';
import { RoomBar } from './room-bar.tsx';

export type ChatRoomProps = {
  readonly card: AgentCard;
  /** The ways between the steps of its workflow. */
  readonly arrows: readonly WorkflowArrow[];
  readonly sessionId: string;
  readonly history: SessionHistory;
  /** A new one for each rendering on the server. */
  readonly renderId: string;
  /** Who answers, in words. */
  readonly modelLabel: string;
};

/** A session: the conversation, and the room panel beside it; on a small screen the panel takes its place when asked for. */
export function ChatRoom({ card, arrows, sessionId, history, renderId, modelLabel }: ChatRoomProps) {
  const draft = useDraft(sessionId);
  const own = useOwnSessions();
  const onTakenBack = draft.giveBack;
  const session = useSession({ agentId: card.id, sessionId, history, onTakenBack, onChanged: own.tell });
  const conversation = useConversation(session, { renderId, onTakenBack });
  const [isPanelOpen, setIsPanelOpen] = useState(false);
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_23rem]">
      <RoomBar card={card} isPanelOpen={isPanelOpen} onTogglePanel={() => setIsPanelOpen(!isPanelOpen)} />
      <main className={`flex min-h-0 flex-col lg:row-start-2 ${isPanelOpen ? 'max-lg:hidden' : ''}`}>
        <ConversationColumn
          card={card}
          conversation={conversation}
          reach={session.reach}
          draft={draft}
          modelLabel={modelLabel}
        />
      </main>
      <RoomAside
        className={isPanelOpen ? '' : 'max-lg:hidden'}
        card={card}
        arrows={arrows}
        sessionId={sessionId}
        session={session}
        conversation={conversation}
      />
    </div>
  );
}
