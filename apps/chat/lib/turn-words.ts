import type { TurnSummary } from '@stateroom/ai-sdk/client';
import { type ChatMessage, textOf } from './chat-message.ts';

type Status = TurnSummary['status'];
export type StatusWords = {
  readonly sign: string;
  readonly words: string;
  readonly tone: 'fine' | 'quiet' | 'alarm';
};

/** How a turn has ended, as a sign and in words. */
export const statusWords: Readonly<Record<Status, StatusWords>> = {
  completed: { sign: '✓', words: 'completed', tone: 'fine' },
  waiting: { sign: '?', words: 'waits for you', tone: 'fine' },
  stopped: { sign: '■', words: 'stopped', tone: 'quiet' },
  interrupted: { sign: '↷', words: 'interrupted', tone: 'quiet' },
  rolled_back: { sign: '↶', words: 'rolled back', tone: 'quiet' },
  failed: { sign: '✕', words: 'failed', tone: 'alarm' },
  crashed: { sign: '✕', words: 'crashed', tone: 'alarm' },
};

/** What a turn was about: the message that it answers. */
export function wordsOf(turn: TurnSummary, messages: readonly ChatMessage[]): string {
  const message = messages.find(({ id }) => id === turn.messageId);
  const text = message === undefined ? 'A message that is not kept' : textOf(message).trim();
  return turn.parentTurnId === null ? text : `Your answer, to: ${text}`;
}

/** Whether a question of a turn is still open: none of a later turn has an answer to it, and none has passed it by. */
export function isOpen(turn: TurnSummary, turns: readonly TurnSummary[]): boolean {
  return turn.status === 'waiting' && turn === turns.at(-1);
}
