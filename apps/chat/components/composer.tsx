import { type KeyboardEvent, type RefObject, type SubmitEvent, useState } from 'react';
import type { Draft } from '../lib/use-draft.ts';
import { GrowingTextarea } from './growing-textarea.tsx';

/** An answer that comes can be stopped, and one message can wait for its end; where it is closed, nothing can be said any more. */
export type ComposerState = 'ready' | 'busy' | 'answering' | 'closed';

export type ComposerProps = {
  readonly inputRef: RefObject<HTMLTextAreaElement | null>;
  readonly agentTitle: string;
  readonly state: ComposerState;
  /** Whether a message waits already. */
  readonly hasQueued: boolean;
  readonly draft: Draft;
  readonly onSend: (text: string) => void;
  readonly onStop: () => void;
};

/** What the chat route takes in one message, unless it is told otherwise. */
const maxCharacters = 32_000;

/** Where the guest writes. It grows with the text; one may write on while an answer comes. */
export function Composer({ inputRef, agentTitle, state, hasQueued, draft, onSend, onStop }: ComposerProps) {
  const message = draft.text.trim();
  const isAnswering = state === 'answering';
  const isFree = state === 'ready' || (isAnswering && !hasQueued);
  const canSend = isFree && message !== '' && message.length <= maxCharacters;

  const submit = (event: KeyboardEvent | SubmitEvent) => {
    event.preventDefault();
    if (!canSend) return;
    draft.write('');
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
          placeholder={state === 'closed' ? 'Nothing more can be said here' : 'Write a message'}
          isReadOnly={state === 'closed'}
          text={draft.text}
          onText={draft.write}
          onKeyDown={submitOnEnter}
        />
        {isAnswering && <StopButton onStop={onStop} />}
        <SendButton label={isAnswering ? 'Send next' : 'Send'} canSend={canSend} />
      </form>
    </>
  );
}

function SendButton({ label, canSend }: { readonly label: string; readonly canSend: boolean }) {
  return (
    <button
      type="submit"
      disabled={!canSend}
      className="rounded-xl bg-sea px-4 py-2 text-sm font-semibold text-on-sea disabled:bg-recess disabled:text-ink-soft"
    >
      {label}
    </button>
  );
}

function StopButton({ onStop }: Pick<ComposerProps, 'onStop'>) {
  const [isAsked, setIsAsked] = useState(false);
  const stop = () => {
    setIsAsked(true);
    onStop();
  };
  return (
    <button
      type="button"
      onClick={stop}
      disabled={isAsked}
      className="rounded-xl border border-ink-soft px-4 py-2 text-sm font-semibold disabled:border-line disabled:text-ink-soft"
    >
      {isAsked ? 'Stopping' : 'Stop'}
    </button>
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
