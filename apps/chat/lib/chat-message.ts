import type { statePart } from '@stateroom/ai-sdk';
import type { ClientView } from '@stateroom/orchestration';
import type { UIMessage } from 'ai';

/** A message of a chat, with the one data part that our route streams beside the AI SDK's own parts. */
export type ChatMessage = UIMessage<unknown, { orchestration: ClientView }>;

/** The type of that part, by its type alone: the package behind it is the server's, and stays out of the browser. */
export const orchestrationPart: typeof statePart = 'data-orchestration';

/** All the text of a message. */
export function textOf({ parts }: ChatMessage): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}
