import { DefaultChatTransport } from 'ai';
import type { ChatMessage } from './chat-message.ts';

/**
 * Sends the new message alone: history is the server's own. Until an answer has come the session may be new, so the
 * server is asked to make it; later an unknown session is an error, never a silent empty one.
 */
export function createTransport(agentId: string): DefaultChatTransport<ChatMessage> {
  return new DefaultChatTransport<ChatMessage>({
    api: `/api/chat/${agentId}`,
    fetch: fetchAsGuest,
    prepareSendMessagesRequest: ({ id, messages }) => {
      const message = messages.findLast(({ role }) => role === 'user');
      const parts = message?.parts.flatMap((part) =>
        part.type === 'text' ? [{ type: part.type, text: part.text }] : [],
      );
      const create = !messages.some(({ role }) => role === 'assistant');
      return { body: { id, message: { id: message?.id, role: 'user', parts }, create } };
    },
  });
}

/** A browser without the guest's cookie is given one with the 401, and asks once more. */
const fetchAsGuest: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  return response.status === 401 ? fetch(input, init) : response;
};
