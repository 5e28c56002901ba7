import { isToolUIPart } from 'ai';
import { type ChatMessage, textOf } from '../lib/chat-message.ts';
import { Markdown } from './markdown.tsx';
import { type OnAnswer, ToolCall } from './tool-call.tsx';

/** The guest's own words, in a bubble. */
export function OwnWords({ message }: { readonly message: ChatMessage }) {
  return (
    <article aria-label="You" className="ml-auto w-fit max-w-[85%] rounded-2xl rounded-br-md bg-tide px-4 py-2.5">
      <p dir="auto" className="leading-relaxed wrap-anywhere whitespace-pre-wrap">
        {textOf(message)}
      </p>
    </article>
  );
}

export type AnswerProps = {
  readonly message: ChatMessage;
  readonly agentTitle: string;
  /** False while more of it may come. */
  readonly isWhole: boolean;
  /** Null where nothing that it asks can be answered. */
  readonly onAnswer: OnAnswer | null;
};

/** The agent's words and tool calls, in the order in which they came. */
export function Answer({ message, agentTitle, isWhole, onAnswer }: AnswerProps) {
  const isSilent = isWhole && !message.parts.some((part) => isToolUIPart(part) || isWritten(part));
  return (
    <article aria-label={agentTitle} className="space-y-3">
      {message.parts.map((part, index) => {
        const key = `${message.id}-${index}`;
        if (isToolUIPart(part)) return <ToolCall key={key} part={part} onAnswer={onAnswer} />;
        return part.type === 'text' && isWritten(part) ? <Markdown key={key} text={part.text} /> : null;
      })}
      {isSilent && <p className="text-sm text-ink-soft">The model said nothing.</p>}
    </article>
  );
}

function isWritten(part: ChatMessage['parts'][number]): boolean {
  return part.type === 'text' && part.text.trim() !== '';
}
