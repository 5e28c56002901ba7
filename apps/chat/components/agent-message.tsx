import { useEffect, useState } from 'react';
import { textOf } from '../lib/chat-message.ts';
import { useIsSecure } from '../lib/use-browser.ts';
import { Answer, type AnswerProps } from './message.tsx';
import { messageActions } from './message-actions.ts';
import { QuietButton } from './quiet-button.tsx';

export type AgentMessageProps = AnswerProps & {
  /** Null where another answer cannot be had. */
  readonly onRegenerate: (() => void) | null;
};

/** What the agent said; once it is whole it can be copied and, where it is the last one, had anew. */
export function AgentMessage({ onRegenerate, ...answer }: AgentMessageProps) {
  const words = textOf(answer.message).trim();
  const visibility = onRegenerate === null ? messageActions : 'h-6 mt-1 items-center gap-1';
  return (
    <div className="group">
      <Answer {...answer} />
      {answer.isWhole && (
        <div className={`-ml-1.5 flex ${visibility}`}>
          {words !== '' && <CopyButton text={words} />}
          {onRegenerate !== null && <QuietButton onClick={onRegenerate}>Answer anew</QuietButton>}
        </div>
      )}
    </div>
  );
}

const saidForMs = 2000;

/** Not there where a browser has no clipboard for a page, as over plain http from another machine. */
function CopyButton({ text }: { readonly text: string }) {
  const isThere = useIsSecure();
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setIsCopied(false), saidForMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  if (!isThere) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
  };
  return (
    <QuietButton onClick={() => void copy()}>
      <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
    </QuietButton>
  );
}
