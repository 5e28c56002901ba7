import { validateId } from '@stateroom/core';
import type { UIMessage } from 'ai';
import { z } from 'zod';
import { RequestError } from './error-response.ts';

export type ChatLimits = {
  /** Of the whole request. The AI SDK's own body carries the whole history, so it grows with it. */
  readonly maxBodyBytes: number;
  /** Of all text in the message. */
  readonly maxTextCharacters: number;
};

/** All that is taken from a client: which session, and what its user says. */
export type ChatRequest = {
  readonly sessionId: string | undefined;
  readonly message: UIMessage;
  /** Whether an unknown session id is to be made, rather than answered with 404. */
  readonly mayCreate: boolean;
};

const wellFormed = (text: string) => text.isWellFormed();
const halfSurrogate = 'holds half a surrogate pair, which is no text';

const MessageId = z
  .string()
  .regex(/^[^\p{Cc}]{1,128}$/u, 'is not 1–128 characters without control characters')
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

const OwnBody = z.strictObject({
  id: z.string().optional(),
  message: UserMessage.strict(),
  create: z.boolean().default(false),
});

/** What an unchanged `useChat` sends. Only its last message is looked at: history is the server's own. */
const SdkBody = z.object({ id: z.string().optional(), messages: z.array(z.unknown()).min(1) });

/** Reads a request's body, reduced to a new user message: RequestError with the path for anything else. */
export async function readChatRequest(request: Request, limits: ChatLimits): Promise<ChatRequest> {
  const body = parseJson(await readText(request, limits.maxBodyBytes));
  const { id, message, create } = isRecord(body) && 'messages' in body ? reduceSdkBody(body) : parse(OwnBody, body);
  refuseLongText(message, limits.maxTextCharacters);
  return { sessionId: sessionIdOf(request, id), message, mayCreate: create };
}

function reduceSdkBody(body: unknown): z.infer<typeof OwnBody> {
  const { id, messages } = parse(SdkBody, body);
  const last = messages.length - 1;
  const message = parse(UserMessage, messages[last], `messages[${last}]`);
  return { ...(id !== undefined && { id }), message, create: messages.length === 1 };
}

function sessionIdOf(request: Request, id: string | undefined): string | undefined {
  const header = decodeHeader(request.headers.get('x-session-id'));
  if (header !== undefined && id !== undefined && header !== id) {
    throw new RequestError('INVALID', 'id and the header x-session-id name different sessions', 'id');
  }
  const sessionId = header ?? id;
  if (sessionId !== undefined) validateId(sessionId, id === undefined ? 'x-session-id' : 'id');
  return sessionId;
}

/** Percent-encoded, as the route itself sends it: an id may hold what a header may not. */
function decodeHeader(value: string | null): string | undefined {
  if (value === null) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    throw new RequestError('INVALID', 'x-session-id is not percent-encoded', 'x-session-id');
  }
}

function refuseLongText({ parts }: z.infer<typeof UserMessage>, maxCharacters: number): void {
  let characters = 0;
  for (const [index, { text }] of parts.entries()) {
    characters += text.length;
    if (characters <= maxCharacters) continue;
    throw new RequestError(
      'TOO_LARGE',
      `the message is longer than ${maxCharacters} characters`,
      `message.parts[${index}].text`,
    );
  }
}

/** The body as text, never more of it in memory than is allowed. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = () => new RequestError('TOO_LARGE', `the body is larger than ${maxBytes} bytes`, '$');
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

/** A client that goes away before its request is whole is no fault of the server. */
async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch {
    throw new RequestError('INVALID', 'the body broke off', '$');
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new RequestError('INVALID', 'the body is not UTF-8', '$');
  }
}

function parseJson(text: string): unknown {
  if (text === '') throw new RequestError('INVALID', 'the body is empty; send JSON with a message', '$');
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('INVALID', 'the body is not JSON', '$');
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, root = ''): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const inner = (issue?.path ?? [])
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const path = `${root}${inner}`.replace(/^\./, '') || '$';
  throw new RequestError('INVALID', `${path}: ${issue?.message ?? 'is not as it should be'}`, path);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
