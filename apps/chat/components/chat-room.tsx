'use client';

import type { ClientView } from '@stateroom/orchestration';
import Link from 'next/link';
import { useRef, useState } from 'react';
import type { AgentCard } from '../agents/index.ts';
import type { ChatMessage } from '../lib/chat-message.ts';
import { useConversation } from '../lib/use-conversation.ts';
import { useStickToEnd } from '../lib/use-stick-to-end.ts';
import { Composer } from './composer.tsx';
import { EmptyRoom } from './empty-room.tsx';
import { FaultNotice } from './fault-notice.tsx';
import { MessageList } from './message-list.tsx';
import { RoomPanel } from './room-panel.tsx';

export type ChatRoomProps = {
  readonly card: AgentCard;
  readonly sessionId: string;
  readonly messages: readonly ChatMessage[];
  readonly view: ClientView | null;
  /** Who answers, in words. */
  readonly modelLabel: string;
};

const barButton = 'rounded-lg border border-line px-3 py-1.5 text-sm hover:border-ink-soft';

/** A session: the conversation, and the room panel beside it; on a small screen the panel takes its place when asked for. */
export function ChatRoom({ card, sessionId, messages, view, modelLabel }: ChatRoomProps) {
  const conversation = useConversation({ agentId: card.id, sessionId, messages, view });
  const [isPanelOpen, setIsPanelOpen] = useState(false);
  const isBusy = conversation.phase !== 'ready';
  const asideVisibility = isPanelOpen ? '' : 'max-lg:hidden';

  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)] lg:grid-cols-[minmax(0,1fr)_23rem]">
      <div className="px-4 py-3 sm:px-6 lg:py-5">
        <div className="mx-auto flex max-w-[44rem] items-center gap-2">
          <h1 className="mr-auto font-display text-xl">{card.title}</h1>
          <Link href={`/${card.id}`} prefetch={false} className={barButton}>
            New session
          </Link>
          <button
            type="button"
            aria-expanded={isPanelOpen}
            aria-controls="room"
            onClick={() => setIsPanelOpen(!isPanelOpen)}
            className={`${barButton} lg:hidden`}
          >
            {isPanelOpen ? 'Chat' : 'Room'}
          </button>
        </div>
      </div>
      <main className={`flex min-h-0 flex-col lg:row-start-2 ${isPanelOpen ? 'max-lg:hidden' : ''}`}>
        <ConversationColumn card={card} conversation={conversation} modelLabel={modelLabel} />
      </main>
      <aside
        id="room"
        aria-label="The room"
        className={`overflow-y-auto border-line p-4 sm:p-6 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:border-l lg:bg-bulkhead ${asideVisibility}`}
      >
        <RoomPanel card={card} view={conversation.view} isBusy={isBusy} />
      </aside>
    </div>
  );
}

type ConversationColumnProps = Pick<ChatRoomProps, 'card' | 'modelLabel'> & {
  readonly conversation: ReturnType<typeof useConversation>;
};

function ConversationColumn({ card, conversation, modelLabel }: ConversationColumnProps) {
  const { messages, phase, fault, send, retry } = conversation;
  const { scroller, follow } = useStickToEnd();
  const input = useRef<HTMLTextAreaElement>(null);
  const sendAndFollow = (text: string) => {
    follow();
    send(text);
    input.current?.focus();
  };
  const isEmpty = messages.length === 0;
  return (
    <>
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-4 sm:px-6">
        <div className="mx-auto flex min-h-full max-w-[44rem] flex-col pt-4 pb-6">
          {isEmpty && <EmptyRoom card={card} onChoose={sendAndFollow} />}
          {!isEmpty && <MessageList messages={messages} phase={phase} agentTitle={card.title} />}
          {fault !== null && <FaultNotice fault={fault} agentId={card.id} onRetry={retry} />}
        </div>
      </div>
      <div className="px-4 pb-3 sm:px-6">
        <div className="mx-auto max-w-[44rem]">
          <Composer inputRef={input} agentTitle={card.title} isBusy={phase !== 'ready'} onSend={sendAndFollow} />
          <p className="mt-2 px-3 text-xs text-ink-soft">{modelLabel}</p>
        </div>
      </div>
    </>
  );
}
