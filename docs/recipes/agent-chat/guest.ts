import { createId } from '@stateroom/core';
import type { UIMessageChunk } from 'ai';
import type { FinanceChat } from './finance-chat.ts';

export type Answer = {
  readonly status: number;
  /** All words of it. */
  readonly text: string;
  /** Where the conversation is after the turn, as its guest may see it; null where there was none. */
  readonly state: unknown;
};

/** Somebody who talks to the assistant, as a browser does: it knows who it is, the key of its room, and sends no history. */
export class Guest {
  readonly name: string;
  /** The key, once there is a room: the route's header `x-session-id`. */
  sessionId: string | null;

  constructor(name: string, sessionId: string | null = null) {
    this.name = name;
    this.sessionId = sessionId;
  }

  async say(text: string, { route }: Pick<FinanceChat, 'route'>): Promise<Answer> {
    const message = { id: createId(), role: 'user', parts: [{ type: 'text', text }] };
    const request = this.#request('/api/chat/finance', { method: 'POST', body: JSON.stringify({ message }) });
    const response = await route.POST(request);
    const chunks = response.ok ? chunksOf(await response.text()) : [];
    this.sessionId ??= response.headers.get('x-session-id');
    const part = chunks.findLast(({ type }) => type === 'data-orchestration');
    return {
      status: response.status,
      text: chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.delta : '')).join(''),
      state: part !== undefined && 'data' in part ? part.data : null,
    };
  }

  async look({ getSession }: Pick<FinanceChat, 'getSession'>): Promise<Response> {
    return getSession(this.#request(`/api/session/${this.sessionId}`, {}));
  }

  #request(path: string, init: RequestInit): Request {
    const session = this.sessionId !== null && { 'x-session-id': this.sessionId };
    const headers = { 'content-type': 'application/json', 'x-guest': this.name, ...session };
    return new Request(`http://localhost${path}`, { ...init, headers });
  }
}

function chunksOf(text: string): UIMessageChunk[] {
  const events = text.split('\n\n').filter((event) => event.startsWith('data: {'));
  return events.map((event) => JSON.parse(event.slice('data: '.length)));
}
