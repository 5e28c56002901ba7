import type { Conversation } from '../lib/use-conversation.ts';
import { Message } from './message.tsx';
import { Porthole } from './porthole.tsx';

export type MessageListProps = Pick<Conversation, 'messages' | 'phase'> & { readonly agentTitle: string };

/** The conversation. A screen reader hears an answer once it is whole, and at once that one is being written. */
export function MessageList({ messages, phase, agentTitle }: MessageListProps) {
  const isBusy = phase !== 'ready';
  return (
    <>
      <div role="log" aria-label="Conversation" aria-live="polite" aria-busy={isBusy} className="space-y-6">
        {messages.map((message) => (
          <Message key={message.id} message={message} agentTitle={agentTitle} />
        ))}
      </div>
      <output className={isBusy ? 'mt-4 flex items-center gap-2 text-sm text-ink-soft' : 'sr-only'}>
        {isBusy && <Porthole isLit isBusy />}
        {isBusy && `The ${agentTitle.toLowerCase()} is ${phase === 'waiting' ? 'thinking' : 'writing'}`}
      </output>
    </>
  );
}
