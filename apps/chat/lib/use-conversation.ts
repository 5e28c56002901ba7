'use client';

import { useChat } from '@ai-sdk/react';
import type { ClientView } from '@stateroom/orchestration';
import { useEffect, useEffectEvent, useState } from 'react';
import { type ChatFault, describeFault, lostFault, unansweredFault } from './chat-fault.ts';
import { type ChatMessage, hasContent } from './chat-message.ts';
import { SessionChat, type SessionChatOptions } from './session-chat.ts';
import { useIsFromCache } from './use-is-from-cache.ts';
import { type Lookout, useLookout } from './use-lookout.ts';

export type ConversationStart = Omit<SessionChatOptions, 'onView'> & {
  /** A new one for each rendering on the server. */
  readonly renderId: string;
};

/**
 * `opening` while a page from the router's cache is brought up to date, `looking` for the answer to a message of a page
 * that was left or cut off, `waiting` until the first words of an answer come.
 */
export type ConversationPhase = 'opening' | 'looking' | 'ready' | 'waiting' | 'streaming';

export type Conversation = {
  readonly messages: readonly ChatMessage[];
  /** Where the agent is, after the last turn that came to its end. */
  readonly view: ClientView | null;
  readonly phase: ConversationPhase;
  readonly fault: ChatFault | null;
  readonly send: (text: string) => void;
  readonly retry: () => void;
  /** Says yes or no to what the last answer asks. */
  readonly answer: (approvalId: string, isApproved: boolean) => void;
  /** Ends the answer that comes. */
  readonly stop: () => void;
  readonly lookAgain: () => void;
  readonly stopLooking: () => void;
  /** Gives the words of a lost message back, to be changed. */
  readonly edit: () => void;
};

/** The conversation as the page draws it: the session's chat, with the room's state beside it. */
export function useConversation({ renderId, ...start }: ConversationStart): Conversation {
  const [view, onView] = useState(start.history.view);
  const [session] = useState(() => new SessionChat({ ...start, onView }));
  const chat = useChat<ChatMessage>({ chat: session.chat, throttle: 40 });
  const lookout = useLookout(async () => (await session.refresh()) && !session.isWaiting);
  const isOpening = useOpening(session, renderId, lookout.start);
  const phase = isOpening ? 'opening' : lookout.state === 'looking' ? 'looking' : phaseOf(chat);
  const messages = chat.messages.filter((message) => hasContent(message));

  const send = (text: string) => {
    if (phase !== 'ready') return;
    lookout.end();
    session.send(text);
  };
  const retry = () => {
    lookout.end();
    session.sendAgain();
  };
  const lookAgain = () => {
    chat.clearError();
    lookout.start();
  };
  const edit = () => {
    lookout.end();
    session.takeBack();
  };

  const fault = phase === 'ready' ? faultOf(chat, lookout, session) : null;
  useOtherWindows(session, phase === 'ready' && fault === null);
  const stop = () => void session.stop();
  const answer = (approvalId: string, isApproved: boolean) => void session.answer(approvalId, isApproved);
  return { messages, view, phase, fault, send, retry, answer, stop, lookAgain, stopLooking: lookout.giveUp, edit };
}

type ChatSnapshot = Pick<ReturnType<typeof useChat<ChatMessage>>, 'messages' | 'status' | 'error'>;

function phaseOf({ messages, status }: ChatSnapshot): ConversationPhase {
  if (status !== 'submitted' && status !== 'streaming') return 'ready';
  const last = messages.at(-1);
  return last?.role === 'assistant' && hasContent(last) ? 'streaming' : 'waiting';
}

function faultOf({ messages, error }: ChatSnapshot, lookout: Lookout, session: SessionChat): ChatFault | null {
  if (lookout.state === 'over') return lostFault;
  if (error !== undefined) return describeFault(error, messages.at(-1)?.role === 'assistant');
  const last = messages.findLast((message) => hasContent(message));
  return last?.role === 'user' && !session.isWaiting ? unansweredFault : null;
}

const lookForOthersEveryMs = 3000;

/** Follows the turns that other windows begin, while this one is in sight and does nothing itself. */
function useOtherWindows(session: SessionChat, isIdle: boolean): void {
  useEffect(() => {
    if (!isIdle) return undefined;
    const look = () => {
      if (document.visibilityState === 'visible') void session.catchUp();
    };
    const timer = setInterval(look, lookForOthersEveryMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [session, isIdle]);
}

/** True until a page from the router's cache shows the present. A message that is still waited for is looked out for. */
function useOpening(session: SessionChat, renderId: string, onWaiting: () => void): boolean {
  const isFromCache = useIsFromCache(renderId);
  const [isOpening, setIsOpening] = useState(isFromCache);
  const finish = useEffectEvent((isWaiting: boolean) => {
    if (isWaiting) onWaiting();
    setIsOpening(false);
  });
  useEffect(() => {
    void session.open(isFromCache).then(finish);
    return () => void session.chat.stop();
  }, [session, isFromCache]);
  return isOpening;
}
