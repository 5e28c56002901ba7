import type { Conversation } from '../lib/use-conversation.ts';
import { QuietButton } from './quiet-button.tsx';

export type QueuedMessageProps = {
  readonly text: string;
  readonly conversation: Pick<Conversation, 'sendQueued' | 'unqueue' | 'phase'>;
};

/** Words that wait until the answer that comes is whole. */
export function QueuedMessage({ text, conversation: { sendQueued, unqueue, phase } }: QueuedMessageProps) {
  const isAnswering = phase === 'waiting' || phase === 'streaming';
  return (
    <section aria-label="Waits to be sent" className="mt-6">
      <p
        dir="auto"
        className="ml-auto w-fit max-w-[85%] rounded-2xl rounded-br-md border border-dashed border-ink-soft px-4 py-2.5 leading-relaxed wrap-anywhere whitespace-pre-wrap"
      >
        {text}
      </p>
      <div className="mt-0.5 flex flex-wrap items-center justify-end gap-1">
        <p className="text-sm text-ink-soft">{isAnswering ? 'Sent when the answer is whole.' : 'Not sent yet.'}</p>
        <QuietButton onClick={sendQueued}>{isAnswering ? 'Stop the answer and send' : 'Send now'}</QuietButton>
        <QuietButton onClick={unqueue}>Take back</QuietButton>
      </div>
    </section>
  );
}
