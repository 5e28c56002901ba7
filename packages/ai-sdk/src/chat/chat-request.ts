import { validateId } from '@stateroom/core';
import type { UIMessage } from 'ai';
import { z } from 'zod';
import { answersIn } from '../client/answers-in.ts';
import { RequestError } from '../http/error-response.ts';
import { parse, readJson } from '../http/request-body.ts';
import { ToolAnswer } from '../transcript/tool-answer.ts';

export type ChatLimits = {
  /** Of the whole request. The AI SDK's own body carries the whole history, so it grows with it. */
  readonly maxBodyBytes: number;
  /** How long the request may take to come in whole. */
  readonly maxBodyMs: number;
  /** Of all text in the message. */
  readonly maxTextCharacters: number;
};

/** All that is taken from a client: which session, and what its user wants of it. */
export type ChatRequest = {
  readonly sessionId: string | undefined;
  /** Whether an unknown session id is to be made, rather than answered with 404. */
  readonly mayCreate: boolean;
  readonly wish: ChatWish;
};

export type ChatWish =
  | { readonly type: 'message'; readonly message: UIMessage }
  /** The message takes the place of another, and of all that came after that. */
  | { readonly type: 'edit'; readonly message: UIMessage; readonly replaces: string }
  /** Another answer to a message: to the named one, or the one of the named answer; null: to the last. */
  | { readonly type: 'regenerate'; readonly messageId: string | null; readonly message: UIMessage | null }
  /** Answers to what the last turn waits for, all at once. */
  | { readonly type: 'answers'; readonly answers: readonly ToolAnswer[]; readonly message: null };

const wellFormed = (text: string) => text.isWellFormed();
const halfSurrogate = 'holds half a surrogate pair, which is no text';

const MessageId = z
  .string()
  .max(128, 'is not 1–128 characters without control characters')
  .regex(/^[^\p{Cc}]+$/u, 'is not 1–128 characters without control characters')
  .refine((id) => !/#\d+~\d+$/.test(id), 'is an id that only the server gives, to answers')
  .refine(wellFormed, halfSurrogate);

/** What a provider's API would refuse would stand in the history for good, and be refused in each later turn. */
const MessageText = z
  .string()
  .regex(/[^\s\p{C}]/u, 'holds nothing that can be seen')
  .regex(/^[^\0]*$/, 'holds a zero character')
  .refine(wellFormed, halfSurrogate);

const UserMessage = z.object({
  id: MessageId,
  role: z.literal('user'),
  parts: z
    .array(z.object({ type: z.literal('text'), text: MessageText }))
    .min(1)
    .max(16),
});

const OwnMessage = z.strictObject({
  id: z.string().optional(),
  message: UserMessage.strict(),
  replaces: MessageId.optional(),
  create: z.boolean().default(false),
});

const OwnRegeneration = z.strictObject({ id: z.string().optional(), regenerate: MessageId.nullable() });

/** Also of calls that ask nothing, which are not looked at: a client does not know which of them do. */
const Answers = z.array(ToolAnswer).min(1).max(1024);
const OwnAnswers = z.strictObject({ id: z.string().optional(), answers: Answers });

/** The last message of an unchanged `useChat` that has collected answers. Its parts are looked at one by one. */
const AnsweringMessage = z.object({
  role: z.literal('assistant'),
  parts: z.array(z.unknown()),
});

/** What an unchanged `useChat` sends. Only its last message is looked at: history is the server's own. */
const SdkBody = z.object({
  id: z.string().optional(),
  messages: z.array(z.unknown()).min(1),
  trigger: z.enum(['submit-message', 'regenerate-message']).default('submit-message'),
  messageId: z.string().optional(),
});

/** Reads a request's body, reduced to what its user wants: RequestError with the path for anything else. */
export async function readChatRequest(request: Request, limits: ChatLimits): Promise<ChatRequest> {
  const body = await readJson(request, limits);
  const { id, mayCreate, wish } = isRecord(body) && 'messages' in body ? reduceSdkBody(body) : readOwnBody(body);
  if (wish.message !== null) refuseLongText(wish.message, limits.maxTextCharacters);
  return { sessionId: sessionIdOf(request, id), mayCreate, wish };
}

type Reduced = { readonly id: string | undefined; readonly mayCreate: boolean; readonly wish: ChatWish };

function readOwnBody(body: unknown): Reduced {
  if (isRecord(body) && 'regenerate' in body) {
    const { id, regenerate: messageId } = parse(OwnRegeneration, body);
    return { id, mayCreate: false, wish: { type: 'regenerate', messageId, message: null } };
  }
  if (isRecord(body) && 'answers' in body) {
    const { id, answers } = parse(OwnAnswers, body);
    return { id, mayCreate: false, wish: { type: 'answers', answers, message: null } };
  }
  const { id, message, replaces, create } = parse(OwnMessage, body);
  const wish: ChatWish = replaces === undefined ? { type: 'message', message } : { type: 'edit', message, replaces };
  return { id, mayCreate: create, wish };
}

/** A `messageId` with a user's last message is that of an edit, which the SDK makes under the same id. */
function reduceSdkBody(body: unknown): Reduced {
  const { id, messages, trigger, messageId } = parse(SdkBody, body);
  const last = messages.length - 1;
  const { success, data } = AnsweringMessage.safeParse(messages[last]);
  if (success && trigger === 'submit-message') {
    const answers = parse(Answers, answersIn(data.parts), `messages[${last}].parts`);
    return { id, mayCreate: false, wish: { type: 'answers', answers, message: null } };
  }
  const message = parse(UserMessage, messages[last], `messages[${last}]`);
  const mayCreate = messages.length === 1;
  if (trigger === 'regenerate-message')
    return { id, mayCreate: false, wish: { type: 'regenerate', messageId: message.id, message } };
  const isEdit = messageId === message.id;
  const wish: ChatWish = isEdit ? { type: 'edit', message, replaces: message.id } : { type: 'message', message };
  return { id, mayCreate, wish };
}

export function sessionIdOf(request: Request, id: string | undefined): string | undefined {
  const header = decodeHeader(request.headers.get('x-session-id'));
  if (header !== undefined && id !== undefined && header !== id) {
    throw new RequestError('INVALID', 'id and the header x-session-id name different sessions', { path: 'id' });
  }
  const sessionId = header ?? id;
  if (sessionId === undefined) return undefined;
  const path = id === undefined ? 'x-session-id' : 'id';
  validateId(sessionId, path);
  // The path of a URL cannot hold it, encoded or not: its session could be neither shown nor deleted.
  if (/^\.\.?$/.test(sessionId)) throw new RequestError('INVALID', `${path} is a step of a path`, { path });
  return sessionId;
}

/** Percent-encoded, as the route itself sends it: an id may hold what a header may not. */
function decodeHeader(value: string | null): string | undefined {
  if (value === null) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    throw new RequestError('INVALID', 'x-session-id is not percent-encoded', { path: 'x-session-id' });
  }
}

function refuseLongText({ parts }: UIMessage, maxCharacters: number): void {
  let characters = 0;
  for (const [index, part] of parts.entries()) {
    characters += part.type === 'text' ? part.text.length : 0;
    if (characters <= maxCharacters) continue;
    throw new RequestError('TOO_LARGE', `the message is longer than ${maxCharacters} characters`, {
      path: `message.parts[${index}].text`,
    });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
