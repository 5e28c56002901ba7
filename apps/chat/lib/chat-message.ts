import type { statePart } from '@stateroom/ai-sdk';
import type { ClientView } from '@stateroom/orchestration';
import { getToolName, isToolUIPart, type UIMessage } from 'ai';

/** A message of a chat, with the one data part that our route streams beside the AI SDK's own parts. */
export type ChatMessage = UIMessage<unknown, { orchestration: ClientView }>;

/** The type of that part, by its type alone: the package behind it is the server's, and stays out of the browser. */
export const orchestrationPart: typeof statePart = 'data-orchestration';

/** All the text of a message. */
export function textOf({ parts }: ChatMessage): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/** Whether anything came of a message yet: the mark where a model step begins is nothing that is stored or seen. */
export function hasContent({ parts }: ChatMessage): boolean {
  return parts.some(({ type }) => type !== 'step-start');
}

/** Whether a message waits for a yes or a no. */
export function isAsking(message: ChatMessage | undefined): boolean {
  return message?.parts.some((part) => isToolUIPart(part) && part.state === 'approval-requested') ?? false;
}

/** The tools that came to their end without an error, oldest call first. */
export function succeededTools(messages: readonly ChatMessage[]): string[] {
  const calls = messages.flatMap(({ parts }) => parts.filter((part) => isToolUIPart(part)));
  return calls.filter(({ state }) => state === 'output-available').map((part) => getToolName(part));
}
