'use client';

import type { SessionsClient } from '@stateroom/ai-sdk/client';
import type { ClientView } from '@stateroom/orchestration';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { ChatMessage } from './chat-message.ts';
import { SessionChat } from './session-chat.ts';
import type { SessionHistory } from './session-history.ts';
import { type Reach, sessionsOf } from './sessions.ts';
import { useIsOnline, useIsShown } from './use-browser.ts';
import { useIsFromCache } from './use-is-from-cache.ts';

export type SessionStart = {
  readonly agentId: string;
  readonly sessionId: string;
  readonly history: SessionHistory;
  /** Given the words of a message that is taken out of the conversation; the one of the first rendering is called. */
  readonly onTakenBack: (text: string) => void;
  /** Called when a list of sessions has to be read again. */
  readonly onChanged: () => void;
};

export type Session = {
  readonly chat: SessionChat;
  readonly sessions: SessionsClient<ChatMessage>;
  /** What the server keeps, as it was last asked. */
  readonly history: SessionHistory;
  /** Where the agent is, after the last turn that came to its end. */
  readonly view: ClientView | null;
  /** Whether it was there, and is not any more. */
  readonly isGone: boolean;
  /** `offline` is what the browser says; the rest is how the last request went. */
  readonly reach: Reach | 'offline';
};

/** A session as the server keeps it, and what other windows do in it at once. */
export function useSession({ onTakenBack, onChanged, ...start }: SessionStart): Session {
  const [history, setHistory] = useState(start.history);
  const [view, setView] = useState(start.history.view);
  const [isTaken, setIsTaken] = useState(start.history.version !== null);
  const [isGone, setIsGone] = useState(false);
  const [reach, setReach] = useState<Reach>('reached');
  const [sessions] = useState(() => sessionsOf(setReach));
  const [chat] = useState(() => {
    const listener = {
      onHistory: (read: SessionHistory) => {
        setHistory(read);
        setView(read.view);
        if (read.version !== null) setIsTaken(true);
      },
      onView: setView,
      onTaken: () => setIsTaken(true),
      onTakenBack,
      onGone: () => setIsGone(true),
    };
    return new SessionChat({ ...start, sessions, listener });
  });
  const isOnline = useIsOnline();
  useWatch(chat, { isThere: isTaken && !isGone, isOnline });
  useEffect(() => {
    if (isTaken) keepAddress();
  }, [isTaken]);
  useTold([history.version, isTaken, isGone].join(), onChanged);
  return { chat, sessions, history, view, isGone, reach: isOnline ? reach : 'offline' };
}

/** Tells when what is known of the session has become another. */
function useTold(known: string, onChanged: () => void): void {
  const told = useRef(known);
  const tell = useEffectEvent(onChanged);
  useEffect(() => {
    if (told.current === known) return;
    told.current = known;
    tell();
  }, [known]);
}

/** Browsers allow a site six connections at a time, so that a window which nobody sees has to do without. */
function useWatch(chat: SessionChat, { isThere, isOnline }: { isThere: boolean; isOnline: boolean }): void {
  const isShown = useIsShown();
  useEffect(() => {
    if (!isShown || !isOnline) return undefined;
    const left = new AbortController();
    if (isThere) void chat.watch(left.signal);
    return () => left.abort();
  }, [chat, isThere, isShown, isOnline]);
}

/**
 * The address without the mark of a session that has not begun: from now on it is one to come back to. With the router's
 * own state, which it takes for its own: a way that it is on is not broken off.
 */
function keepAddress(): void {
  const { pathname, search, hash } = window.location;
  if (search !== '') window.history.replaceState(window.history.state, '', `${pathname}${hash}`);
}

/** True until a page from the router's cache shows the present. A message that is still waited for is looked out for. */
export function useOpening(chat: SessionChat, renderId: string, onWaiting: () => void): boolean {
  const isFromCache = useIsFromCache(renderId);
  const [isOpening, setIsOpening] = useState(isFromCache);
  const finish = useEffectEvent((isWaiting: boolean) => {
    if (isWaiting) onWaiting();
    setIsOpening(false);
  });
  useEffect(() => {
    void chat.open(isFromCache).then(finish);
    return () => void chat.chat.stop();
  }, [chat, isFromCache]);
  return isOpening;
}
