import type { UIMessageChunk } from 'ai';
import { isErrorBody } from '../../client/api-error.ts';
import { secret } from './world.ts';

/** The table of docs/concepts/chat-route.md, but for what is the server's fault: that must not come of any request. */
const statusOfCode: Readonly<Record<string, number>> = {
  INVALID: 400,
  INVALID_ID: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  METHOD: 405,
  CONFLICT: 409,
  NOT_PENDING: 409,
  NO_CHECKPOINT: 409,
  EXPIRED: 410,
  TOO_LARGE: 413,
  BUDGET: 429,
  TOO_MANY: 429,
};

/** However long what a request holds, what is said of it is short. */
const maxErrorCharacters = 2048;

/** What a client was answered, as far as it has read. */
export type Heard = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly isHead?: boolean;
};

/** What is wrong with an answer; null for nothing. */
export function faultIn({ status, headers, text, isHead = false }: Heard): string | null {
  if (text.includes(secret) || [...headers].some((pair) => decodedAll(pair).includes(secret)))
    return 'it tells a secret';
  if (status >= 400) return isHead ? null : faultInError(status, text);
  if (![200, 201, 204].includes(status)) return `its status is ${status}`;
  if (headers.get('content-type') !== 'text/event-stream') return null;
  for (const chunk of chunksIn(text)) {
    if (chunk.type !== 'error') continue;
    const fault = faultInError(null, chunk.errorText);
    if (fault !== null) return fault;
  }
  return null;
}

/** The error in an answer, also of one that came when the stream had begun; null where there is none. */
export function errorIn({ status, text }: Heard): string | null {
  if (status >= 400) return codeIn(text);
  const last = chunksIn(text).findLast(({ type }) => type === 'error');
  return last?.type === 'error' ? codeIn(last.errorText) : null;
}

function codeIn(text: string): string {
  const body = parsed(text);
  return isErrorBody(body) ? JSON.stringify(body.error) : text;
}

function faultInError(status: number | null, text: string): string | null {
  const body = parsed(text);
  if (!isErrorBody(body)) return `an error of the wrong shape: ${status} ${text.slice(0, 200)}`;
  const { code, ...facts } = body.error;
  const expected = statusOfCode[code];
  if (expected === undefined || (status !== null && status !== expected)) return `${status} ${text.slice(0, 200)}`;
  const unknown = Object.keys(facts).filter((key) => !['message', 'path', 'turnId', 'freesAt'].includes(key));
  if (unknown.length > 0 || Object.keys(body).length > 1) return `an error says more than is documented: ${text}`;
  return text.length > maxErrorCharacters ? `an error of ${text.length} characters: ${text.slice(0, 200)}` : null;
}

/** Of the AI SDK's protocol, or of a stream of events. */
export function chunksIn(text: string): UIMessageChunk[] {
  const events = text.split('\n\n').filter((event) => event.startsWith('data: {'));
  return events.map((event) => JSON.parse(event.slice('data: '.length)));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function decodedAll(pair: readonly string[]): string {
  try {
    return decodeURIComponent(pair.join(': '));
  } catch {
    return pair.join(': ');
  }
}
