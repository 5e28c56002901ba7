import { ClientView } from '@stateroom/orchestration';
import type { UIMessageChunk } from 'ai';
import type { AppServer } from './app-server.ts';

export type Answer = {
  readonly status: number;
  readonly sessionId: string;
  readonly before: ClientView | null;
  readonly after: ClientView | null;
  readonly text: string;
  readonly chunks: readonly UIMessageChunk[];
  readonly body: string;
};

let messages = 0;

function messageOf(text: string) {
  return { id: `m${messages++}-${crypto.randomUUID()}`, role: 'user', parts: [{ type: 'text', text }] };
}

/** Somebody with a browser's cookie, speaking HTTP to the app. */
export class Guest {
  readonly #cookie: string;

  private constructor(cookie: string) {
    this.#cookie = cookie;
  }

  static async arrive(server: AppServer): Promise<Guest> {
    const page = await fetch(server.url);
    await page.body?.cancel();
    return new Guest(page.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '');
  }

  say(server: AppServer, agent: string, words: { id?: string; text: string; create?: boolean }): Promise<Answer> {
    const { text, ...rest } = words;
    return this.post(server, agent, JSON.stringify({ ...rest, message: messageOf(text) }));
  }

  async post(server: AppServer, agent: string, body: string | undefined): Promise<Answer> {
    const response = await fetch(`${server.url}/api/chat/${agent}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: this.#cookie },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const chunks: UIMessageChunk[] = text
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice('data: '.length)));
    const last = chunks.findLast(({ type }) => type === 'data-orchestration');
    return {
      status: response.status,
      sessionId: decodeURIComponent(response.headers.get('x-session-id') ?? ''),
      before: JSON.parse(decodeURIComponent(response.headers.get('x-orchestration-state') ?? 'null')),
      after: last !== undefined && 'data' in last ? ClientView.parse(last.data) : null,
      text: chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join(''),
      chunks,
      body: text,
    };
  }

  /** Says something, and leaves the answer to be read as it comes. */
  async begin(server: AppServer, agent: string, text: string): Promise<{ body: Response['body']; sessionId: string }> {
    const { headers, body } = await fetch(`${server.url}/api/chat/${agent}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: this.#cookie },
      body: JSON.stringify({ message: messageOf(text) }),
    });
    return { body, sessionId: decodeURIComponent(headers.get('x-session-id') ?? '') };
  }

  get(server: AppServer, path: string): Promise<Response> {
    return fetch(`${server.url}${path}`, { headers: { cookie: this.#cookie } });
  }

  /** The page of a session, as its owner's browser would get it. */
  async open(server: AppServer, agent: string, sessionId: string): Promise<string> {
    const page = await fetch(`${server.url}/${agent}/${sessionId}`, { headers: { cookie: this.#cookie } });
    return page.text();
  }
}
