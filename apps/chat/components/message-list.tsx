import type { Conversation, ConversationPhase } from '../lib/use-conversation.ts';
import { Message } from './message.tsx';
import { Porthole } from './porthole.tsx';

export type MessageListProps = {
  readonly conversation: Pick<Conversation, 'messages' | 'phase' | 'answer'>;
  readonly agentTitle: string;
};

/** The conversation. A screen reader hears an answer once it is whole, and at once that one is being written. */
export function MessageList({ conversation: { messages, phase, answer }, agentTitle }: MessageListProps) {
  const activity = activityOf(phase, `The ${agentTitle.toLowerCase()}`);
  return (
    <>
      <div role="log" aria-label="Conversation" aria-live="polite" aria-busy={phase !== 'ready'} className="space-y-6">
        {messages.map((message, index) => (
          <Message
            key={message.id}
            message={message}
            agentTitle={agentTitle}
            onAnswer={phase === 'ready' && index === messages.length - 1 ? answer : null}
            isWhole={phase !== 'streaming' || index < messages.length - 1}
          />
        ))}
      </div>
      <output className={activity === null ? 'sr-only' : 'mt-4 flex items-center gap-2 text-sm text-ink-soft'}>
        {activity !== null && <Porthole isLit isBusy />}
        {activity}
      </output>
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
      return null;
  }
}
