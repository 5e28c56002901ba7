import type { ChatMessage } from './chat-message.ts';
import { hasKey } from './has-key.ts';
import { tryStorage } from './tab-storage.ts';

/** A message that was sent, and of which the server has not said yet that it is stored. */
export type PendingMessage = { readonly id: string; readonly text: string };

/**
 * The one message of a session that is on its way, kept by the browser tab: it outlives a reload, which the answer to
 * it does not.
 */
export type PendingSlot = {
  readonly keep: (message: PendingMessage) => void;
  readonly read: () => PendingMessage | null;
  readonly forget: () => void;
};

export function pendingSlotOf(sessionId: string): PendingSlot {
  const key = `stateroom-pending:${sessionId}`;
  let kept: PendingMessage | null = null;
  return {
    keep: (message) => {
      kept = message;
      tryStorage((storage) => storage.setItem(key, JSON.stringify(message)));
    },
    read: () => kept ?? parsePending(tryStorage((storage) => storage.getItem(key)) ?? ''),
    forget: () => {
      kept = null;
      tryStorage((storage) => storage.removeItem(key));
    },
  };
}

/** The message as the chat has it. */
export function toChatMessage({ id, text }: PendingMessage): ChatMessage {
  return { id, role: 'user', parts: [{ type: 'text', text }] };
}

function parsePending(text: string): PendingMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!hasKey(value, 'id') || !hasKey(value, 'text')) return null;
    const { id, text: words } = value;
    return typeof id === 'string' && typeof words === 'string' ? { id, text: words } : null;
  } catch {
    return null;
  }
}
