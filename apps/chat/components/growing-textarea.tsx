import type { KeyboardEventHandler, Ref } from 'react';

export type GrowingTextareaProps = {
  readonly inputRef: Ref<HTMLTextAreaElement>;
  readonly label: string;
  readonly placeholder: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onKeyDown: KeyboardEventHandler;
  readonly isReadOnly?: boolean;
};

/** A textarea as high as its text, up to eight lines: an unseen copy of the text gives the grid its height. */
export function GrowingTextarea({ inputRef, text, onText, isReadOnly = false, ...rest }: GrowingTextareaProps) {
  const { label, placeholder, onKeyDown } = rest;
  return (
    <div className="grid max-h-48 min-w-0 flex-1 overflow-y-auto leading-6 [&>*]:col-start-1 [&>*]:row-start-1 [&>*]:px-2.5 [&>*]:py-1.5">
      <div aria-hidden="true" className="invisible min-w-0 break-words whitespace-pre-wrap">
        {`${text} `}
      </div>
      <textarea
        ref={inputRef}
        dir="auto"
        aria-label={label}
        placeholder={placeholder}
        readOnly={isReadOnly}
        rows={1}
        value={text}
        onChange={({ target }) => onText(target.value)}
        onKeyDown={onKeyDown}
        className="min-w-0 resize-none overflow-hidden bg-transparent outline-none placeholder:text-ink-soft"
      />
    </div>
  );
}
