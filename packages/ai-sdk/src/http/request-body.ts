import type { z } from 'zod';
import { RequestError } from './error-response.ts';
import { later } from './later.ts';

export type BodyLimits = { readonly maxBodyBytes: number; readonly maxBodyMs: number };

/**
 * What a request's body says. INVALID for what is no JSON in UTF-8, is not called so, or comes too slowly, TOO_LARGE for
 * more bytes than are allowed.
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  refuseForeignForm(request);
  return parseJson(await readText(request, limits));
}

/**
 * A page of another origin may send anything with its guest's cookie but what a browser asks the server about first, and
 * JSON is of that. A cookie's SameSite does not tell apart origins of one site, as the ports of localhost.
 */
function refuseForeignForm({ headers }: Request): void {
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return;
  throw new RequestError('INVALID', 'the body is not called JSON; send content-type: application/json', {
    path: 'content-type',
  });
}

/** The body as text, never more of it in memory than is allowed. */
async function readText(request: Request, { maxBodyBytes, maxBodyMs }: BodyLimits): Promise<string> {
  const tooLarge = () => new RequestError('TOO_LARGE', `the body is larger than ${maxBodyBytes} bytes`, { path: '$' });
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of chunksOf(request, maxBodyMs)) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) throw tooLarge();
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

/** A client that goes away before its request is whole, or never comes to its end, is no fault of the server. */
async function* chunksOf({ body }: Request, maxMs: number): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = readerOf(body);
  const over = new AbortController();
  const late = later(maxMs, over.signal);
  try {
    for (;;) {
      const next = await Promise.race([reader.read().catch(() => 'broken' as const), late]);
      if (next === null) throw new RequestError('INVALID', `the body took longer than ${maxMs} ms`, { path: '$' });
      if (next === 'broken') throw new RequestError('INVALID', 'the body broke off', { path: '$' });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    over.abort();
    // Not cancelled: Node's servers would end the connection, which a client that still sends may find before the answer.
    reader.releaseLock();
  }
}

function readerOf(body: ReadableStream<Uint8Array>): ReadableStreamDefaultReader<Uint8Array> {
  try {
    return body.getReader();
  } catch {
    throw new RequestError('INVALID', 'the body was read by somebody else', { path: '$' });
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new RequestError('INVALID', 'the body is not UTF-8', { path: '$' });
  }
}

function parseJson(text: string): unknown {
  if (text === '') throw new RequestError('INVALID', 'the body is empty; send JSON', { path: '$' });
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('INVALID', 'the body is not JSON', { path: '$' });
  }
}

/** RequestError INVALID, with the path below `root`, for a value that is not as the schema says. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, root = ''): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const inner = (issue?.path ?? [])
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const path = shortened(`${root}${inner}`.replace(/^\./, '') || '$');
  throw new RequestError('INVALID', shortened(`${path}: ${issue?.message ?? 'is not as it should be'}`), { path });
}

const maxCharacters = 400;

/** What is said of a request quotes it, and a request may be long. */
function shortened(text: string): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1).toWellFormed()}…`;
}
