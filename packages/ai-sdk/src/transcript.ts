import { StateroomError } from '@stateroom/core';
import { isTextUIPart, isToolUIPart, safeValidateUIMessages, type UIMessage } from 'ai';

/** What is stored for a message, in a list that is only appended to. */
type TranscriptItem = { readonly format: typeof transcriptFormat; readonly message: UIMessage };

const transcriptFormat = 'ai-ui@7';

/** The items to append for messages: closed, so that whatever is stored is valid in every later model call. */
export function toTranscript(messages: readonly UIMessage[]): TranscriptItem[] {
  return messages.map((message) => ({ format: transcriptFormat, message: closeMessage(message) }));
}

/** The messages of stored items, closed again; INVALID_STATE when one is none, NEWER_VERSION when it is of newer code. */
export async function fromTranscript(items: readonly unknown[]): Promise<UIMessage[]> {
  if (items.length === 0) return [];
  const messages = items.map((item, index) => {
    if (typeof item !== 'object' || item === null || !('format' in item) || !('message' in item)) throw corrupt(index);
    if (item.format === transcriptFormat) return item.message;
    throw new StateroomError(
      'NEWER_VERSION',
      `message ${index} of the transcript is of the format ${String(item.format)}`,
    );
  });
  const result = await safeValidateUIMessages({ messages });
  if (!result.success) throw corrupt(0);
  return result.data.map(closeMessage);
}

/**
 * A message with nothing left open: a tool call without a result becomes an errored one, which the model is shown and
 * does not silently repeat; left as it is, every later turn of the session would be refused.
 */
export function closeMessage(message: UIMessage): UIMessage {
  return { ...message, parts: message.parts.map(closePart) };
}

function closePart(part: UIMessage['parts'][number]): UIMessage['parts'][number] {
  if (isTextUIPart(part)) return part.state === 'streaming' ? { ...part, state: 'done' } : part;
  if (!isToolUIPart(part)) return part;
  if (part.state === 'output-available' || part.state === 'output-error' || part.state === 'output-denied') return part;
  const errorText = 'The call was interrupted before it had a result.';
  const { type, toolCallId } = part;
  const closed = { toolCallId, state: 'output-error', input: part.input ?? {}, errorText } as const;
  return type === 'dynamic-tool' ? { type, toolName: part.toolName, ...closed } : { type, ...closed };
}

function corrupt(index: number): StateroomError {
  const path = `messages[${index}]`;
  return new StateroomError('INVALID_STATE', `the transcript has no valid ${path}; it was left as it is`, { path });
}
