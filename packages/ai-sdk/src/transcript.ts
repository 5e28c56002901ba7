import { StateroomError, toJson } from '@stateroom/core';
import { isTextUIPart, isToolUIPart, safeValidateUIMessages, type UIMessage } from 'ai';

/**
 * What is stored for a message, in a list that is only appended to. A message that came step by step is several items in
 * a row with its id, each with the parts that it adds.
 */
type TranscriptItem = { readonly format: typeof transcriptFormat; readonly message: UIMessage };

const transcriptFormat = 'ai-ui@7';

/** Whether a tool call without a result is one that waits for it, or works on it, and is to be left as it is. */
export type IsOpen = (toolCallId: string) => boolean;

const isNoneOpen: IsOpen = () => false;

/**
 * The items to append for messages: closed, but for the calls that are open, and of nothing that could not be read
 * again, so that whatever is stored is valid in every later model call.
 */
export async function toTranscript(
  messages: readonly UIMessage[],
  isOpen: IsOpen = isNoneOpen,
): Promise<TranscriptItem[]> {
  const kept = await Promise.all(messages.map((message) => storable(closeMessage(message, isOpen))));
  return kept.map((message) => ({ format: transcriptFormat, message }));
}

/** As it is if it can be kept, else as JSON would have it, else its words alone. */
async function storable(message: UIMessage): Promise<UIMessage> {
  if (await isStorable(message)) return message;
  const asJson = throughJson(message);
  if (asJson !== null && (await isStorable(asJson))) return asJson;
  const { id, role } = message;
  const words = message.parts.flatMap((part) =>
    isTextUIPart(part) ? [{ type: 'text' as const, text: part.text.toWellFormed() }] : [],
  );
  return { id, role, parts: words.length > 0 ? words : [{ type: 'text', text: '' }] };
}

/** Whether it can be kept as it is. */
export async function isStorable(message: UIMessage): Promise<boolean> {
  try {
    // JSON writes half a surrogate pair as an escape, and nothing else of its kind.
    if (/\\ud[89a-f]/.test(toJson(message))) return false;
  } catch {
    return false;
  }
  return (await safeValidateUIMessages({ messages: [message] })).success;
}

function throughJson(message: UIMessage): UIMessage | null {
  try {
    // What it makes is validated before it is kept.
    const text = JSON.stringify(message, (_name, value: unknown) =>
      typeof value === 'string' ? value.toWellFormed() : value,
    );
    return JSON.parse(text) as UIMessage;
  } catch {
    return null;
  }
}

/**
 * The messages of stored items, closed again but for the calls that are open; INVALID_STATE when one is none,
 * NEWER_VERSION when it is of newer code.
 */
export async function fromTranscript(items: readonly unknown[], isOpen: IsOpen = isNoneOpen): Promise<UIMessage[]> {
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
  return joined(result.data).map((message) => closeMessage(message, isOpen));
}

/** What is in items, item by item, as far as it can be told without a look at their parts. */
export function messagesIn(items: readonly unknown[]): readonly Partial<UIMessage>[] {
  return items.map((item) => {
    const isOne = typeof item === 'object' && item !== null && 'message' in item;
    return isOne && typeof item.message === 'object' && item.message !== null ? item.message : {};
  });
}

/** The last so many messages, and those before that belong to the same question. */
export function windowOf(messages: readonly UIMessage[], lastMessages: number): UIMessage[] {
  const start = Math.max(0, messages.length - lastMessages);
  const question = messages.slice(0, start + 1).findLastIndex(({ role }) => role === 'user');
  return messages.slice(Math.max(0, question));
}

/**
 * The messages as a model takes them to go on from. What was said without a result behind the last tool call of an answer
 * that broke off is left out: the model says it anew.
 */
export function toGoOnFrom(messages: readonly UIMessage[]): UIMessage[] {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return [...messages];
  const parts = last.parts.slice(0, last.parts.findLastIndex((part) => isToolUIPart(part)) + 1);
  return [...messages.slice(0, -1), ...(parts.length > 0 ? [{ ...last, parts }] : [])];
}

/**
 * A message with nothing left open but what waits: a tool call without a result becomes an errored or a denied one,
 * which the model is shown and does not silently repeat; left as it is, every later turn of the session would be refused.
 */
export function closeMessage(message: UIMessage, isOpen: IsOpen = isNoneOpen): UIMessage {
  const close = (part: Part) => (isToolUIPart(part) && isOpen(part.toolCallId) ? part : closePart(part));
  return { ...message, parts: message.parts.map(close) };
}

type Part = UIMessage['parts'][number];

/** Whether a tool call has what it was made for, or will never have it. */
export function hasResult(part: Part): boolean {
  if (!isToolUIPart(part)) return false;
  const isWhole = part.state === 'output-available' && part.preliminary !== true;
  return isWhole || part.state === 'output-error' || part.state === 'output-denied';
}

function joined(messages: readonly UIMessage[]): UIMessage[] {
  const whole: UIMessage[] = [];
  for (const message of messages) {
    const before = whole.at(-1);
    const goesOn = before?.id === message.id && before.role === 'assistant' && message.role === 'assistant';
    if (!goesOn) whole.push(message);
    else whole[whole.length - 1] = { ...before, parts: withMore(before.parts, message.parts) };
  }
  return whole;
}

/** A call that was open is replaced by what became of it. */
function withMore(parts: readonly Part[], more: readonly Part[]): Part[] {
  const all = [...parts];
  for (const part of more) {
    const isSame = (other: Part) =>
      isToolUIPart(part) && isToolUIPart(other) && other.toolCallId === part.toolCallId && !hasResult(other);
    const place = all.findIndex(isSame);
    all.splice(place < 0 ? all.length : place, 1, part);
  }
  return all;
}

function closePart(part: Part): Part {
  if (isTextUIPart(part)) return part.state === 'streaming' ? { ...part, state: 'done' } : part;
  if (!isToolUIPart(part) || hasResult(part)) return part;
  const { type, toolCallId, input = {}, approval } = part;
  const named = type === 'dynamic-tool' ? { type, toolName: part.toolName } : { type };
  // Approved, it may have been carried out.
  if (approval !== undefined && approval.approved !== true) {
    const { id, approved, reason = approved === undefined ? unanswered : undefined } = approval;
    const denied = { id, approved: false, ...(reason !== undefined && { reason }) } as const;
    return { ...named, toolCallId, state: 'output-denied', input, approval: denied };
  }
  const errorText = 'The call was interrupted before it had a result.';
  return { ...named, toolCallId, state: 'output-error', input, errorText };
}

const unanswered = 'Nobody approved it before the conversation went on.';

function corrupt(index: number): StateroomError {
  const path = `messages[${index}]`;
  return new StateroomError('INVALID_STATE', `the transcript has no valid ${path}; it was left as it is`, { path });
}
