import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import type { ChatRoute } from '../chat/chat-route.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: readonly UIMessageChunk[];
  /** The JSON body of a request that was turned down. */
  readonly body: unknown;
};

let messages = 0;

export function userMessage(text: string, id = `message-${messages++}`) {
  return { id, role: 'user' as const, parts: [{ type: 'text' as const, text }] };
}

/** Posts to the route of an agent as a client would, and reads the answer to its end. */
export async function post(
  route: ChatRoute,
  body: unknown,
  {
    agent = 'desk',
    owner = 'me',
    headers = {},
    signal,
  }: { agent?: string; owner?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const request = new Request(`http://localhost/api/chat/${agent}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-owner': owner, ...headers },
    ...(body !== undefined && { body: text }),
    ...(signal && { signal }),
  });
  return readAnswer(await route.POST(request));
}

/** Follows a turn, or stops it. */
export async function ask(
  route: ChatRoute,
  method: 'GET' | 'DELETE',
  { owner = 'me', ...query }: { readonly id?: string; readonly turn?: string; readonly owner?: string },
): Promise<Answer> {
  const url = `http://localhost/api/chat/desk?${new URLSearchParams(query).toString()}`;
  return readAnswer(await route[method](new Request(url, { method, headers: { 'x-owner': owner } })));
}

export async function readAnswer(response: Response): Promise<Answer> {
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    chunks: isStream ? parseEvents(text) : [],
    body: isStream || text === '' ? null : JSON.parse(text),
  };
}

/** All words of the answer. */
export function textOf({ chunks }: Answer): string {
  return chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join('');
}

/** The client view of the session after the turn. */
export function stateOf({ chunks }: Answer): unknown {
  const part = chunks.findLast(({ type }) => type === 'data-orchestration');
  return part !== undefined && 'data' in part ? part.data : null;
}

function parseEvents(text: string): UIMessageChunk[] {
  const events = text.split('\n\n').filter((event) => event.startsWith('data: {'));
  return events.map((event) => JSON.parse(event.slice('data: '.length)));
}

/** The messages that the SDK's own reader makes of the chunks. */
export async function messageOf({ chunks }: Pick<Answer, 'chunks'>): Promise<UIMessage | undefined> {
  const stream = ReadableStream.from(chunks.filter(({ type }) => type !== 'error'));
  let message: UIMessage | undefined;
  for await (const snapshot of readUIMessageStream({ stream })) message = snapshot;
  return message;
}
