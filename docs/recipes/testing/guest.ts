import { type Conversation, createSessionsClient, type SessionsClient } from '@stateroom/ai-sdk/client';

/** What a guest hears of a turn. */
export type Heard = {
  readonly sessionId: string;
  readonly turnId: string;
  readonly text: string;
  readonly end: string;
};

/** A client of the concierge, wherever that is served. */
export class Guest {
  readonly sessions: SessionsClient;
  readonly #chat: string;
  readonly #ask: typeof fetch;

  constructor(url: string, name = 'guest-7') {
    this.#chat = `${url}/api/chat/concierge`;
    this.#ask = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('x-guest', name);
      headers.set('content-type', 'application/json');
      return fetch(input, { ...init, headers });
    };
    this.sessions = createSessionsClient({ api: `${url}/api/sessions`, fetch: this.#ask });
  }

  /** Begins a turn; its answer is still to be heard. Without a session, in a new one. */
  async begin(text: string, id?: string): Promise<Response> {
    const message = { id: crypto.randomUUID(), role: 'user', parts: [{ type: 'text', text }] };
    return this.#ask(this.#chat, { method: 'POST', body: JSON.stringify({ id, message }) });
  }

  async say(text: string, id?: string): Promise<Heard> {
    return heard(await this.begin(text, id));
  }

  async follow(turn: { readonly id: string; readonly turn?: string }): Promise<Response> {
    return this.#ask(`${this.#chat}?${new URLSearchParams(turn).toString()}`);
  }

  async stop(turn: { readonly id: string; readonly turn: string }): Promise<unknown> {
    const response = await this.#ask(`${this.#chat}?${new URLSearchParams(turn).toString()}`, { method: 'DELETE' });
    return response.json();
  }

  async show(sessionId: string): Promise<Conversation> {
    const conversation = await this.sessions.get(sessionId);
    if (conversation === null) throw new Error('there is no such session');
    return conversation;
  }
}

/** A turn to its end. */
export async function heard(response: Response): Promise<Heard> {
  const chunks = chunksIn(await response.text());
  return { ...idsOf(response), text: textIn(chunks), end: chunks.at(-1)?.type ?? String(response.status) };
}

/** Reads until so many words have come, and leaves: what was said by then. */
export async function firstWords(response: Response, words: number): Promise<Heard> {
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (textIn(chunksIn(text)).split(' ').length < words) {
    const next = await reader?.read();
    if (next?.done !== false) break;
    text += next.value;
  }
  await reader?.cancel();
  return { ...idsOf(response), text: textIn(chunksIn(text)), end: 'left' };
}

/** What stands in the transcript as the last answer. */
export function lastAnswer({ messages }: Conversation): string {
  const parts = messages.findLast(({ role }) => role === 'assistant')?.parts ?? [];
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

export function idsOf({ headers }: Response): { sessionId: string; turnId: string } {
  const idIn = (name: string) => decodeURIComponent(headers.get(name) ?? '');
  return { sessionId: idIn('x-session-id'), turnId: idIn('x-turn-id') };
}

type Chunk = { readonly type: string; readonly delta?: string };

function chunksIn(text: string): Chunk[] {
  const events = text.split('\n\n').slice(0, -1);
  return events.flatMap((event) => (event.startsWith('data: {') ? [JSON.parse(event.slice('data: '.length))] : []));
}

function textIn(chunks: readonly Chunk[]): string {
  return chunks.map(({ type, delta = '' }) => (type === 'text-delta' ? delta : '')).join('');
}
