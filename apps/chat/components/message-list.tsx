import { isAsking } from '../lib/chat-message.ts';
import type { Conversation, ConversationPhase } from '../lib/use-conversation.ts';
import { AgentMessage } from './agent-message.tsx';
import { OwnMessage } from './own-message.tsx';
import { Porthole } from './porthole.tsx';
import { QueuedMessage } from './queued-message.tsx';

export type MessageListProps = { readonly conversation: Conversation; readonly agentTitle: string };

/** The conversation. A screen reader hears an answer once it is whole, and at once that one is being written. */
export function MessageList({ conversation, agentTitle }: MessageListProps) {
  const { messages, phase, fault, queued } = conversation;
  const activity = activityOf(phase, `The ${agentTitle.toLowerCase()}`);
  const isReady = phase === 'ready';
  return (
    <>
      <div
        role="log"
        aria-label="Conversation"
        aria-live="polite"
        aria-busy={!isReady && phase !== 'gone'}
        className="space-y-6"
      >
        {messages.map((message, index) => {
          const isLast = index === messages.length - 1;
          const canBeAnew = isReady && isLast && fault === null && !isAsking(message);
          return message.role === 'user' ? (
            <OwnMessage key={message.id} message={message} onSayInstead={isReady ? conversation.sayInstead : null} />
          ) : (
            <AgentMessage
              key={message.id}
              message={message}
              agentTitle={agentTitle}
              onAnswer={isReady && isLast ? conversation.answer : null}
              onRegenerate={canBeAnew ? conversation.retry : null}
              isWhole={phase !== 'streaming' || !isLast}
            />
          );
        })}
      </div>
      <output className={activity === null ? 'sr-only' : 'mt-4 flex items-center gap-2 text-sm text-ink-soft'}>
        {activity !== null && <Porthole isLit isBusy />}
        {activity}
      </output>
      {queued !== null && <QueuedMessage text={queued} conversation={conversation} />}
    </>
  );
}

/** What is going on below the last message; null when nothing is, or a notice says it. */
function activityOf(phase: ConversationPhase, agent: string): string | null {
  switch (phase) {
    case 'opening':
      return 'Opening the conversation';
    case 'waiting':
      return `${agent} is thinking`;
    case 'streaming':
      return `${agent} is writing`;
    case 'looking':
    case 'ready':
    case 'gone':
      return null;
  }
}
