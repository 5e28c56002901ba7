'use client';

import { useChat } from '@ai-sdk/react';
import type { ClientView } from '@stateroom/orchestration';
import { useState } from 'react';
import { type ChatFault, describeFault } from './chat-fault.ts';
import { type ChatMessage, orchestrationPart, textOf } from './chat-message.ts';
import { createTransport } from './chat-transport.ts';

export type ConversationStart = {
  readonly agentId: string;
  readonly sessionId: string;
  readonly messages: readonly ChatMessage[];
  /** Null in a session that has not begun. */
  readonly view: ClientView | null;
};

export type Conversation = {
  readonly messages: readonly ChatMessage[];
  /** Where the agent is, after the last turn that came to its end. */
  readonly view: ClientView | null;
  /** `waiting` until the first words come. */
  readonly phase: 'ready' | 'waiting' | 'streaming';
  readonly fault: ChatFault | null;
  readonly send: (text: string) => void;
  readonly retry: () => void;
};

/** The conversation as the page draws it: the AI SDK's chat, with the room's state beside it. */
export function useConversation(start: ConversationStart): Conversation {
  const [view, setView] = useState(start.view);
  const [transport] = useState(() => createTransport(start.agentId));
  const chat = useChat<ChatMessage>({
    id: start.sessionId,
    messages: [...start.messages],
    transport,
    throttle: 40,
    onData: (part) => {
      if (part.type === orchestrationPart) setView(part.data);
    },
  });
  const { messages, status, error } = chat;
  const hasAnswerBegun = messages.at(-1)?.role === 'assistant';
  const isBusy = status === 'submitted' || status === 'streaming';

  const send = (text: string) => {
    if (!isBusy) void chat.sendMessage({ text });
  };
  /** The same message once more; a new one with its words when the server keeps a part of an answer to the first. */
  const retry = () => {
    const question = messages.findLast(({ role }) => role === 'user');
    if (!hasAnswerBegun) void chat.regenerate();
    else if (question !== undefined) send(textOf(question));
  };

  return {
    messages,
    view,
    phase: isBusy ? (hasAnswerBegun ? 'streaming' : 'waiting') : 'ready',
    fault: error === undefined ? null : describeFault(error, hasAnswerBegun),
    send,
    retry,
  };
}
