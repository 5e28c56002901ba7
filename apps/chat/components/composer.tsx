import type { KeyboardEvent, RefObject, SubmitEvent } from 'react';
import { GrowingTextarea } from './growing-textarea.tsx';

export type ComposerProps = {
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
  readonly agentTitle: string;
  readonly isBusy: boolean;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onSend: (text: string) => void;
};

/** What the chat route takes in one message, unless it is told otherwise. */
const maxCharacters = 32_000;

/** Where the guest writes. It grows with the text; one may write on while an answer comes, and send when it is whole. */
export function Composer({ inputRef, agentTitle, isBusy, text, onText, onSend }: ComposerProps) {
  const message = text.trim();
  const canSend = !isBusy && message !== '' && message.length <= maxCharacters;

  const submit = (event: KeyboardEvent | SubmitEvent) => {
    event.preventDefault();
    if (!canSend) return;
    onText('');
    onSend(message);
  };
  const submitOnEnter = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };

  return (
    <>
      <LengthNotice characters={message.length} />
      <form
        onSubmit={submit}
        className="flex items-end gap-2 rounded-2xl border border-line bg-bulkhead p-2 focus-within:border-brass"
      >
        <GrowingTextarea
          inputRef={inputRef}
          label={`Message to the ${agentTitle.toLowerCase()}`}
          placeholder="Write a message"
          text={text}
          onText={onText}
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
    </>
  );
}

/** There at all times, so that a screen reader hears what comes into it. */
function LengthNotice({ characters }: { readonly characters: number }) {
  const isTooLong = characters > maxCharacters;
  return (
    <output className="block px-3 pb-2 text-sm text-alarm empty:hidden">
      {isTooLong && `${inWords(characters)} characters, of ${inWords(maxCharacters)} that go into one message.`}
    </output>
  );
}

function inWords(count: number): string {
  return count.toLocaleString('en');
}
