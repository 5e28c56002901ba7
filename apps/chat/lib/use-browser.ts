'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';

/** Whether the browser knows of a network. */
export function useIsOnline(): boolean {
  return useSyncExternalStore(
    (onChange) => listen(window, ['online', 'offline'], onChange),
    () => navigator.onLine,
    () => true,
  );
}

/** Whether this window is in sight. */
export function useIsShown(): boolean {
  return useSyncExternalStore(
    (onChange) => listen(document, ['visibilitychange'], onChange),
    () => document.visibilityState === 'visible',
    () => true,
  );
}

/** Whether the page came over https or from this machine: elsewhere a browser keeps its clipboard to itself. */
export function useIsSecure(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => window.isSecureContext,
    () => false,
  );
}

/** The time, moving on in such steps; null on the server, whose page has another time and place. */
export function useNow(everyMs: number): number | null {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    tick();
    const timer = setInterval(tick, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

function listen(target: EventTarget, events: readonly string[], onChange: () => void): () => void {
  for (const event of events) target.addEventListener(event, onChange);
  return () => {
    for (const event of events) target.removeEventListener(event, onChange);
  };
}
