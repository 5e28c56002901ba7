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

/** As it is if it can be kept, else without what cannot: part by part, for a call and its result are never dropped. */
async function storable(message: UIMessage): Promise<UIMessage> {
  if (await isStorable(message)) return message;
  const { id, role } = message;
  const parts = await Promise.all(message.parts.map((part) => storablePart(part)));
  const kept = { id, role, parts: parts.flat() };
  return kept.parts.length > 0 ? kept : { ...kept, parts: [{ type: 'text', text: '' }] };
}

/** As it is if it can be kept, else as JSON would have it, else its words, or its call without what it said. */
async function storablePart(part: Part): Promise<Part[]> {
  const alone = (kept: Part): UIMessage => ({ id: 'part', role: 'assistant', parts: [kept] });
  if (await isStorable(alone(part))) return [part];
  const asJson = throughJson(part);
  if (asJson !== null && (await isStorable(alone(asJson)))) return [asJson];
  if (isTextUIPart(part)) return [{ type: 'text', text: part.text.toWellFormed() }];
  if (!isToolUIPart(part)) return [];
  const { type, toolCallId } = part;
  const named = type === 'dynamic-tool' ? { type, toolName: part.toolName } : { type };
  return [{ ...named, toolCallId, state: 'output-error', input: {}, errorText: 'The call could not be kept.' }];
}

/** Whether it can be kept as it is. */
export async function isStorable(message: UIMessage): Promise<boolean> {
  try {
    // JSON writes half a surrogate pair as an escape; behind an even number of backslashes, which are text, it is one.
    if (/(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(toJson(message))) return false;
  } catch {
    return false;
  }
  return (await safeValidateUIMessages({ messages: [message] })).success;
}

function throughJson(part: Part): Part | null {
  try {
    // What it makes is validated before it is kept.
    const text = JSON.stringify(part, (_name, value: unknown) =>
      typeof value === 'string' ? value.toWellFormed() : value,
    );
    return JSON.parse(text) as Part;
  } catch {
    return null;
  }
}

/**
 * The messages of stored items, closed again but for the calls of the last message that are open; INVALID_STATE when one
 * is none, NEWER_VERSION when it is of newer code.
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
  const whole = joined(result.data);
  // A provider may use the id of a call again: nothing before the last message waits for anything.
  return whole.map((message, index) => closeMessage(message, index === whole.length - 1 ? isOpen : isNoneOpen));
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

/** Messages that came in several pieces, each as one. */
export function joined(messages: readonly UIMessage[]): UIMessage[] {
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
  if (!isToolUIPart(part) || (hasResult(part) && part.state !== 'output-denied')) return part;
  const { approval } = part;
  const isDenied = part.state === 'output-denied' || (approval !== undefined && approval.approved !== true);
  if (!isDenied) {
    // Approved, it may have been carried out.
    const granted = approval?.approved === true && { approval: { ...approval, approved: true as const } };
    return { ...callOf(part), state: 'output-error', errorText: interrupted, ...granted };
  }
  const { id = '', approved, reason = approved === undefined ? unanswered : undefined } = approval ?? {};
  const denied = { id, approved: false, ...(reason !== undefined && { reason }) } as const;
  return { ...callOf(part), state: 'output-denied', approval: denied };
}

/** A call as it was made, whatever has become of it. */
export function callOf(part: ToolPart) {
  const { type, toolCallId, input = {}, title, toolMetadata, providerExecuted, callProviderMetadata } = part;
  return {
    ...(type === 'dynamic-tool' ? { type, toolName: part.toolName } : { type }),
    toolCallId,
    input,
    ...(title !== undefined && { title }),
    ...(toolMetadata !== undefined && { toolMetadata }),
    ...(providerExecuted !== undefined && { providerExecuted }),
    ...(callProviderMetadata && { callProviderMetadata }),
  };
}

export type ToolPart = Extract<Part, { toolCallId: string }>;

const interrupted = 'The call was interrupted before it had a result.';
const unanswered = 'Nobody approved it before the conversation went on.';

function corrupt(index: number): StateroomError {
  const path = `messages[${index}]`;
  return new StateroomError('INVALID_STATE', `the transcript has no valid ${path}; it was left as it is`, { path });
}
