import { type RefObject, useEffect } from 'react';

/**
 * Where the element that has the focus is taken from the page, or switched off, the focus would fall to the top of it:
 * it goes to the fallback instead. Not on touch screens, which would call up a keyboard for it.
 */
export function useKeptFocus(fallback: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    if (!window.matchMedia('(pointer: fine)').matches) return undefined;
    let focused: Element | null = null;
    const note = ({ target }: FocusEvent) => {
      focused = target instanceof Element ? target : null;
    };
    // Whoever clicks beside everything wants the focus nowhere.
    const forget = () => {
      focused = null;
    };
    const observer = new MutationObserver(() => {
      if (focused === null || document.activeElement !== document.body) return;
      if (focused.isConnected && !focused.matches(':disabled')) return;
      focused = null;
      fallback.current?.focus({ preventScroll: true });
    });
    document.addEventListener('pointerdown', forget);
    document.addEventListener('focusin', note);
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled'] });
    return () => {
      document.removeEventListener('pointerdown', forget);
      document.removeEventListener('focusin', note);
      observer.disconnect();
    };
  }, [fallback]);
}
