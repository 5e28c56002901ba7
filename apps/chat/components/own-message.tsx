import { type KeyboardEvent, type SubmitEvent, useRef, useState } from 'react';
import { type ChatMessage, textOf } from '../lib/chat-message.ts';
import { GrowingTextarea } from './growing-textarea.tsx';
import { messageActions } from './message-actions.ts';
import { OwnWords } from './message.tsx';
import { QuietButton } from './quiet-button.tsx';

export type OwnMessageProps = {
  readonly message: ChatMessage;
  /** Null while it cannot be said in other words. */
  readonly onSayInstead: ((messageId: string, text: string) => void) | null;
};

/** What the guest said, and a way to say it in other words. */
export function OwnMessage({ message, onSayInstead }: OwnMessageProps) {
  const [isEdited, setIsEdited] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  if (isEdited && onSayInstead !== null) {
    const leave = () => {
      setIsEdited(false);
      // The button is drawn anew by then.
      requestAnimationFrame(() => button.current?.focus());
    };
    const save = (text: string) => {
      setIsEdited(false);
      onSayInstead(message.id, text);
    };
    return <Editor text={textOf(message)} onSave={save} onLeave={leave} />;
  }
  return (
    <div className="group">
      <OwnWords message={message} />
      {onSayInstead !== null && (
        <div className={`flex justify-end ${messageActions}`}>
          <QuietButton ref={button} onClick={() => setIsEdited(true)}>
            Edit
          </QuietButton>
        </div>
      )}
    </div>
  );
}

type EditorProps = {
  readonly text: string;
  readonly onSave: (text: string) => void;
  readonly onLeave: () => void;
};

function Editor({ text: old, onSave, onLeave }: EditorProps) {
  const [text, setText] = useState(old);
  const canSave = text.trim() !== '';
  const submit = (event: KeyboardEvent | SubmitEvent) => {
    event.preventDefault();
    if (canSave) onSave(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onLeave();
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };
  return (
    <form onSubmit={submit} className="ml-auto w-full max-w-[85%] rounded-2xl rounded-br-md bg-tide p-2">
      <GrowingTextarea
        inputRef={focusAtEnd}
        label="Your message, in other words"
        placeholder=""
        text={text}
        onText={setText}
        onKeyDown={onKeyDown}
      />
      <div className="flex flex-wrap items-center justify-end gap-2 pt-1">
        <p className="mr-auto px-2.5 text-sm text-ink-soft">What came after it is taken back.</p>
        <QuietButton onClick={onLeave}>Cancel</QuietButton>
        <button
          type="submit"
          disabled={!canSave}
          className="rounded-xl bg-sea px-3 py-1.5 text-sm font-semibold text-on-sea disabled:bg-recess disabled:text-ink-soft"
        >
          Send anew
        </button>
      </div>
    </form>
  );
}

function focusAtEnd(input: HTMLTextAreaElement | null): void {
  input?.focus();
  input?.setSelectionRange(input.value.length, input.value.length);
}
