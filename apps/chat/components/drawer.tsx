'use client';

import { type MouseEvent, type ReactNode, useEffect, useRef } from 'react';

export type DrawerProps = {
  readonly label: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** What comes in from the left, over a page that waits meanwhile. The browser keeps the focus in it, and gives it back. */
export function Drawer({ label, isOpen, onClose, children }: DrawerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const closeOnBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) onClose();
  };
  return (
    // The keyboard closes it with Escape, and by its button.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      aria-label={label}
      onClose={onClose}
      onClick={closeOnBackdrop}
      className="drawer m-0 h-dvh max-h-none w-[min(20rem,88vw)] max-w-none border-r border-line bg-hull text-ink"
    >
      {isOpen && (
        <div className="flex h-full flex-col">
          <button
            type="button"
            onClick={onClose}
            className="mt-2 mr-2 self-end rounded-lg px-3 py-1.5 text-sm text-ink-soft hover:text-ink"
          >
            Close
          </button>
          <div className="min-h-0 flex-1">{children}</div>
        </div>
      )}
    </dialog>
  );
}
