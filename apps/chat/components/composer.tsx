'use client';

import { type KeyboardEvent, type RefObject, type SubmitEvent, useState } from 'react';
import { GrowingTextarea } from './growing-textarea.tsx';

export type ComposerProps = {
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
  readonly agentTitle: string;
  readonly isBusy: boolean;
  readonly onSend: (text: string) => void;
};

/** Where the guest writes. It grows with the text; one may write on while an answer comes, and send when it is whole. */
export function Composer({ inputRef, agentTitle, isBusy, onSend }: ComposerProps) {
  const [text, setText] = useState('');
  const canSend = !isBusy && text.trim() !== '';

  const submit = (event: KeyboardEvent | SubmitEvent) => {
    event.preventDefault();
    if (!canSend) return;
    onSend(text.trim());
    setText('');
  };
  const submitOnEnter = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };

  return (
    <form
      onSubmit={submit}
      className="flex items-end gap-2 rounded-2xl border border-line bg-bulkhead p-2 focus-within:border-brass"
    >
      <GrowingTextarea
        inputRef={inputRef}
        label={`Message to the ${agentTitle.toLowerCase()}`}
        placeholder="Write a message"
        text={text}
        onText={setText}
        onKeyDown={submitOnEnter}
      />
      <button
        type="submit"
        disabled={!canSend}
        className="rounded-xl bg-sea px-4 py-2 text-sm font-semibold text-on-sea disabled:bg-recess disabled:text-ink-soft"
      >
        Send
      </button>
    </form>
  );
}
