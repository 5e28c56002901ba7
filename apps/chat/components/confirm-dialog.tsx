'use client';

import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

export type ConfirmDialogProps = {
  readonly title: string;
  /** What is done, in a word or two. */
  readonly act: string;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** A question before what cannot be undone. It is open as long as it is there. */
export function ConfirmDialog({ title, act, isBusy, onConfirm, onClose, children }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    // So that the focus goes back to where it was, which it does while the dialog is still on the page.
    return () => opened?.close();
  }, []);
  const shape = 'rounded-lg px-4 py-2 text-sm font-semibold';
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onCancel={onClose}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-2xl border border-line bg-bulkhead p-6 text-ink"
    >
      <h2 id={titleId} className="font-display text-2xl">
        {title}
      </h2>
      <div className="mt-3 space-y-3 leading-relaxed text-ink-soft">{children}</div>
      <div className="mt-6 flex flex-wrap justify-end gap-2">
        <button type="button" onClick={onClose} className={`${shape} border border-line hover:border-ink-soft`}>
          Cancel
        </button>
        <button
          type="button"
          onClick={onConfirm}
          disabled={isBusy}
          className={`${shape} bg-sea text-on-sea disabled:bg-recess disabled:text-ink-soft`}
        >
          {act}
        </button>
      </div>
    </dialog>
  );
}
