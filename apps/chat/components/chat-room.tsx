'use client';

import { useState } from 'react';
import type { AgentCard } from '../agents/index.ts';
import { succeededTools } from '../lib/chat-message.ts';
import type { SessionHistory } from '../lib/session-history.ts';
import { useConversation } from '../lib/use-conversation.ts';
import { ConversationColumn } from './conversation-column.tsx';
import { RoomBar } from './room-bar.tsx';
import { RoomPanel } from './room-panel.tsx';

export type ChatRoomProps = {
  readonly card: AgentCard;
  readonly sessionId: string;
  readonly history: SessionHistory;
  /** A new one for each rendering on the server. */
  readonly renderId: string;
  /** Who answers, in words. */
  readonly modelLabel: string;
};

/** A session: the conversation, and the room panel beside it; on a small screen the panel takes its place when asked for. */
export function ChatRoom({ card, sessionId, history, renderId, modelLabel }: ChatRoomProps) {
  const [draft, setDraft] = useState('');
  const onTakenBack = (text: string) =>
    setDraft((current) => [text, current].filter((each) => each !== '').join('\n\n'));
  const conversation = useConversation({ agentId: card.id, sessionId, history, renderId, onTakenBack });
  const [isPanelOpen, setIsPanelOpen] = useState(false);
  const isBusy = conversation.phase === 'waiting' || conversation.phase === 'streaming';
  const asideVisibility = isPanelOpen ? '' : 'max-lg:hidden';

  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_23rem]">
      <RoomBar card={card} isPanelOpen={isPanelOpen} onTogglePanel={() => setIsPanelOpen(!isPanelOpen)} />
      <main className={`flex min-h-0 flex-col lg:row-start-2 ${isPanelOpen ? 'max-lg:hidden' : ''}`}>
        <ConversationColumn
          card={card}
          conversation={conversation}
          draft={draft}
          onDraft={setDraft}
          modelLabel={modelLabel}
        />
      </main>
      <aside
        id="room"
        aria-label="The room"
        className={`overflow-y-auto border-line p-4 sm:p-6 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:border-l lg:bg-bulkhead ${asideVisibility}`}
      >
        <RoomPanel
          card={card}
          view={conversation.view}
          succeeded={succeededTools(conversation.messages)}
          isBusy={isBusy}
        />
      </aside>
    </div>
  );
}
