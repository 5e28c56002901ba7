'use client';

import { type RefObject, useEffect, useRef } from 'react';

/** How near to its end a scroller counts as being at the end, in pixels. */
const nearnessPixels = 80;

export type StickToEnd = {
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Goes to the end with the next words, wherever the reader is. */
  readonly follow: () => void;
};

/**
 * Keeps a scroller at its end while words are added to it, unless its reader has scrolled up. Where `hasWords` is false
 * it is left at its beginning.
 */
export function useStickToEnd(hasWords: boolean): StickToEnd {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);

  useEffect(() => {
    const element = scroller.current;
    if (element === null || !hasWords) return undefined;
    const remember = () => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearnessPixels;
    };
    const goToEnd = () => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    };
    // Of changes, only words and elements that come: a tool call that is folded open stays where it is.
    const observer = new MutationObserver(goToEnd);
    observer.observe(element, { childList: true, characterData: true, subtree: true });
    element.addEventListener('scroll', remember, { passive: true });
    goToEnd();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', remember);
    };
  }, [hasWords]);

  const follow = () => {
    isAtEnd.current = true;
  };
  return { scroller, follow };
}
