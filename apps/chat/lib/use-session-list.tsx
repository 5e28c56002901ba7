'use client';

import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { SessionList, type SessionListSnapshot } from './session-list.ts';
import { sessionsOf } from './sessions.ts';
import { useIsShown } from './use-browser.ts';

export type OwnSessions = {
  readonly list: SessionList;
  /** Reads the list once more, here and in the other windows: one of the sessions has changed. */
  readonly tell: () => void;
};

const OwnSessionsContext = createContext<OwnSessions | null>(null);
const channelName = 'stateroom-sessions';

/** Keeps one list of the guest's sessions for all below it, and up to date with what this window and others do. */
export function OwnSessionsProvider({ children }: { readonly children: ReactNode }) {
  const [list] = useState(() => new SessionList(sessionsOf(() => {})));
  const channel = useRef<BroadcastChannel>(null);
  const isShown = useIsShown();
  const refresh = useEffectEvent(() => void list.refresh());

  useEffect(() => {
    const opened = new BroadcastChannel(channelName);
    opened.addEventListener('message', () => refresh());
    channel.current = opened;
    return () => {
      channel.current = null;
      opened.close();
    };
  }, []);
  useEffect(() => {
    if (isShown) refresh();
  }, [isShown]);

  const own = useMemo(() => {
    const tell = () => {
      void list.refresh();
      // A channel has no origin but its own.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      channel.current?.postMessage('changed');
    };
    return { list, tell };
  }, [list]);
  return <OwnSessionsContext value={own}>{children}</OwnSessionsContext>;
}

export function useOwnSessions(): OwnSessions {
  const own = useContext(OwnSessionsContext);
  if (own === null) throw new Error('the guest’s sessions are kept by OwnSessionsProvider, which is not above this');
  return own;
}

export function useSessionList({ list }: OwnSessions): SessionListSnapshot {
  return useSyncExternalStore(list.subscribe, list.snapshot, list.snapshot);
}
