'use client';

import { useChat } from '@ai-sdk/react';
import type { ClientView } from '@stateroom/orchestration';
import { useEffect, useEffectEvent, useState } from 'react';
import { type ChatFault, describeFault, faultCodeOf, goneFault, lostFault, unansweredFault } from './chat-fault.ts';
import { type ChatMessage, hasContent, isAsking } from './chat-message.ts';
import type { SessionChat } from './session-chat.ts';
import { type Lookout, useLookout } from './use-lookout.ts';
import { type Session, useOpening } from './use-session.ts';

/**
 * `opening` while a page from the router's cache is brought up to date, `looking` for the answer to a message of a page
 * that was left or cut off, `waiting` until the first words of an answer come, `gone` where nothing can be said any more.
 */
export type ConversationPhase = 'opening' | 'looking' | 'ready' | 'waiting' | 'streaming' | 'gone';

export type Conversation = {
  readonly messages: readonly ChatMessage[];
  /** Where the agent is, after the last turn that came to its end. */
  readonly view: ClientView | null;
  readonly phase: ConversationPhase;
  readonly fault: ChatFault | null;
  /** The words that are to be sent when the answer that comes is whole. */
  readonly queued: string | null;
  /** Says it, now or after the answer that comes. */
  readonly send: (text: string) => void;
  /** Gives the words that wait back. */
  readonly unqueue: () => void;
  /** Sends them at once: the answer that comes is ended, what asks is declined. */
  readonly sendQueued: () => void;
  readonly retry: () => void;
  /** Says a message in other words; what came after it is taken back. */
  readonly sayInstead: (messageId: string, text: string) => void;
  /** Says yes or no to what the last answer asks. */
  readonly answer: (approvalId: string, isApproved: boolean) => void;
  /** Ends the answer that comes. */
  readonly stop: () => void;
  readonly lookAgain: () => void;
  readonly stopLooking: () => void;
  /** Gives the words of a lost message back, to be changed. */
  readonly edit: () => void;
};

type ConversationOptions = { readonly renderId: string; readonly onTakenBack: (text: string) => void };

/** The conversation as the page draws it: the session's chat, with the room's state beside it. */
export function useConversation(session: Session, { renderId, onTakenBack }: ConversationOptions): Conversation {
  const { chat: held, view, isGone } = session;
  const chat = useChat<ChatMessage>({ chat: held.chat, throttle: 40 });
  const lookout = useLookout(async () => (await held.refresh()) && !held.isWaiting);
  const isOpening = useOpening(held, renderId, lookout.start);
  const phase = phaseOf(chat, { isGone, isOpening, isLooking: lookout.state === 'looking' });
  const messages = chat.messages.filter((message) => hasContent(message));
  const fault = faultOf(chat, { phase, lookout, held });
  const isFree = phase === 'ready' && fault === null;
  const queue = useQueue(isFree && !isAsking(messages.at(-1)), (text) => held.send(text));

  const send = (text: string) => {
    if (phase === 'waiting' || phase === 'streaming') queue.put(text);
    if (phase !== 'ready') return;
    lookout.end();
    held.send(text);
  };
  const unqueue = () => {
    if (queue.text !== null) onTakenBack(queue.text);
    queue.put(null);
  };
  const sendQueued = () => {
    if (!isFree) void held.stop();
    else queue.sendWaiting();
  };
  return {
    messages,
    view,
    phase,
    fault,
    queued: queue.text,
    send,
    unqueue,
    sendQueued,
    ...actionsOf({ held, lookout, clearError: chat.clearError }),
    stop: () => void held.stop(),
    stopLooking: lookout.giveUp,
  };
}

type ActingOn = { readonly held: SessionChat; readonly lookout: Lookout; readonly clearError: () => void };
type Actions = Pick<Conversation, 'retry' | 'sayInstead' | 'answer' | 'lookAgain' | 'edit'>;

function actionsOf({ held, lookout, clearError }: ActingOn): Actions {
  return {
    retry: () => {
      lookout.end();
      held.sendAgain();
    },
    sayInstead: (messageId, text) => {
      lookout.end();
      held.sayInstead(messageId, text);
    },
    answer: (approvalId, isApproved) => void held.answer(approvalId, isApproved),
    lookAgain: () => {
      clearError();
      lookout.start();
    },
    edit: () => {
      lookout.end();
      held.takeBack();
    },
  };
}

type ChatSnapshot = Pick<ReturnType<typeof useChat<ChatMessage>>, 'messages' | 'status' | 'error'>;
type Circumstances = { readonly isGone: boolean; readonly isOpening: boolean; readonly isLooking: boolean };

function phaseOf(chat: ChatSnapshot, { isGone, isOpening, isLooking }: Circumstances): ConversationPhase {
  if (isGone) return 'gone';
  if (isOpening) return 'opening';
  if (isLooking) return 'looking';
  if (chat.status !== 'submitted' && chat.status !== 'streaming') return 'ready';
  const last = chat.messages.at(-1);
  return last?.role === 'assistant' && hasContent(last) ? 'streaming' : 'waiting';
}

type FaultContext = { readonly phase: ConversationPhase; readonly lookout: Lookout; readonly held: SessionChat };

function faultOf({ messages, error }: ChatSnapshot, { phase, lookout, held }: FaultContext): ChatFault | null {
  if (phase === 'gone') return goneFault;
  if (phase !== 'ready') return null;
  if (lookout.state === 'over') return lostFault;
  // What broke off is the turn before it, which says nothing of a message that never reached a server.
  if (error !== undefined && held.isWaiting && faultCodeOf(error) === 'CRASHED') return lostFault;
  if (error !== undefined) return describeFault(error, messages.at(-1)?.role === 'assistant');
  const last = messages.findLast((message) => hasContent(message));
  return last?.role === 'user' && !held.isWaiting ? unansweredFault : null;
}

/** Words that are sent once the way is free. */
function useQueue(isFree: boolean, send: (text: string) => void) {
  const [text, put] = useState<string | null>(null);
  const sendWaiting = () => {
    if (text === null) return;
    put(null);
    send(text);
  };
  const sendWhenFree = useEffectEvent(sendWaiting);
  useEffect(() => {
    if (!isFree) return undefined;
    // In a turn of its own: the end of the answer is drawn first.
    const timer = setTimeout(() => sendWhenFree());
    return () => clearTimeout(timer);
  }, [isFree]);
  return { text, put, sendWaiting };
}
