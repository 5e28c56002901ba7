import type { z } from 'zod';
import { RequestError } from './error-response.ts';

/** What a request's body says. INVALID for what is no JSON in UTF-8, TOO_LARGE for more bytes than are allowed. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  return parseJson(await readText(request, maxBytes));
}

/** The body as text, never more of it in memory than is allowed. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = () => new RequestError('TOO_LARGE', `the body is larger than ${maxBytes} bytes`, { path: '$' });
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
    throw new RequestError('INVALID', 'the body broke off', { path: '$' });
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
  if (text === '') throw new RequestError('INVALID', 'the body is empty; send JSON with a message', { path: '$' });
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
  const path = `${root}${inner}`.replace(/^\./, '') || '$';
  throw new RequestError('INVALID', `${path}: ${issue?.message ?? 'is not as it should be'}`, { path });
}
