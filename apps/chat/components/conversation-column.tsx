import { useEffect, useRef } from 'react';
import type { AgentCard } from '../agents/index.ts';
import type { Conversation, ConversationPhase } from '../lib/use-conversation.ts';
import type { Draft } from '../lib/use-draft.ts';
import type { Session } from '../lib/use-session.ts';
import { useKeptFocus } from '../lib/use-kept-focus.ts';
import { useStickToEnd } from '../lib/use-stick-to-end.ts';
import { Composer, type ComposerState } from './composer.tsx';
import { EmptyRoom } from './empty-room.tsx';
import { FaultNotice } from './fault-notice.tsx';
import { LookoutNotice } from './lookout-notice.tsx';
import { MessageList } from './message-list.tsx';
import { ReachNotice } from './reach-notice.tsx';

export type ConversationColumnProps = {
  readonly card: AgentCard;
  readonly conversation: Conversation;
  readonly reach: Session['reach'];
  readonly draft: Draft;
  /** Who answers, in words. */
  readonly modelLabel: string;
};

const column = 'max-w-[44rem] outline-none';

/** All that was said, what went wrong, and the place to go on. */
export function ConversationColumn({ card, conversation, reach, draft, modelLabel }: ConversationColumnProps) {
  const { messages, phase } = conversation;
  const isEmpty = messages.length === 0 && phase !== 'opening' && phase !== 'gone';
  const { scroller, follow } = useStickToEnd(!isEmpty);
  const input = useFocusOnWideScreens();
  useKeptFocus(input);
  const sendAndFollow = (text: string) => {
    follow();
    conversation.send(text);
    input.current?.focus();
  };
  const state = composerStateOf(phase, reach);
  return (
    <>
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-4 sm:px-6">
        <div id="conversation" tabIndex={-1} className={`mx-auto flex min-h-full flex-col pt-4 pb-6 ${column}`}>
          {isEmpty && <EmptyRoom card={card} onChoose={sendAndFollow} />}
          {!isEmpty && <MessageList conversation={conversation} agentTitle={card.title} />}
          <Notices card={card} conversation={conversation} />
        </div>
      </div>
      <div className="px-4 pb-3 sm:px-6">
        <div className={`mx-auto ${column}`}>
          <ReachNotice reach={phase === 'gone' ? 'reached' : reach} />
          <Composer
            inputRef={input}
            agentTitle={card.title}
            {...{ state, draft }}
            hasQueued={conversation.queued !== null}
            onStop={conversation.stop}
            onSend={sendAndFollow}
          />
          <p className="mt-2 px-3 text-xs text-ink-soft">{modelLabel}</p>
        </div>
      </div>
    </>
  );
}

function Notices({ card, conversation }: Pick<ConversationColumnProps, 'card' | 'conversation'>) {
  const { phase, fault, stopLooking } = conversation;
  return (
    <>
      {phase === 'looking' && <LookoutNotice onStop={stopLooking} />}
      {fault !== null && <FaultNotice fault={fault} agentId={card.id} conversation={conversation} />}
    </>
  );
}

function composerStateOf(phase: ConversationPhase, reach: Session['reach']): ComposerState {
  if (phase === 'gone') return 'closed';
  if (phase === 'waiting' || phase === 'streaming') return 'answering';
  return phase === 'ready' && reach !== 'offline' ? 'ready' : 'busy';
}

/** On a touch screen the focus would call up a keyboard that covers half of it. */
function useFocusOnWideScreens() {
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (window.matchMedia('(min-width: 64rem) and (pointer: fine)').matches) input.current?.focus();
  }, []);
  return input;
}
