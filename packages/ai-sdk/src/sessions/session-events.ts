import type { Access } from '@stateroom/core';
import type { AgentRoom } from '../agent/agent-room.ts';
import { errorBody, RequestError, unknownSession } from '../http/error-response.ts';
import { later } from '../http/later.ts';
import type { SessionEvent } from './session-view.ts';

export type EventStreamsOptions = {
  readonly everyMs?: number | undefined;
  readonly maxPerOwner?: number | undefined;
};

type Watched = { readonly room: AgentRoom; readonly access: Access & { readonly owner: string } };
type Watching = { readonly sessionId: string; readonly signal: AbortSignal };

/** Longer than that a proxy may keep no silent connection. */
const keepAliveMs = 15_000;

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // Else nginx holds events back until a buffer is full.
  'x-accel-buffering': 'no',
};

/** Streams of what happens in sessions, as server-sent events: each lives no longer than whoever reads it. */
export class EventStreams {
  readonly #everyMs: number;
  readonly #maxPerOwner: number;
  readonly #open = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor({ everyMs = 1000, maxPerOwner = 32 }: EventStreamsOptions = {}) {
    this.#everyMs = everyMs;
    this.#maxPerOwner = maxPerOwner;
  }

  /** How it is, at once, and again each time that it is otherwise; a session that is gone ends the stream with NOT_FOUND. */
  open(watched: Watched, { sessionId, signal }: Watching): Response {
    const { owner } = watched.access;
    const count = this.#open.get(owner) ?? 0;
    if (count >= this.#maxPerOwner)
      throw new RequestError('TOO_MANY', 'too many windows watch at once; close some of them');
    const left = new AbortController();
    const ending = AbortSignal.any([signal, left.signal, this.#closing.signal]);
    const leave = this.#enter(owner);
    // Some hosts read no further when the connection is gone, and do not say so to the body.
    ending.addEventListener('abort', leave, { once: true });
    if (ending.aborted) leave();
    const lines = this.#lines(watched, { sessionId, signal: ending }, leave);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await lines.next();
        if (!done) return controller.enqueue(encoder.encode(value));
        controller.close();
        // What listens for the end of the process would be kept until then.
        left.abort();
      },
      cancel: () => left.abort(),
    });
    return new Response(body, { headers });
  }

  /** Ends those that are open, and each that is asked for later. */
  close(): void {
    this.#closing.abort();
  }

  /** Counts a stream until it leaves. */
  #enter(owner: string): () => void {
    this.#open.set(owner, (this.#open.get(owner) ?? 0) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#open.get(owner) ?? 1) - 1;
      if (left > 0) this.#open.set(owner, left);
      else this.#open.delete(owner);
    };
  }

  /** Whoever does not read is not looked for. */
  async *#lines(watched: Watched, { sessionId, signal }: Watching, leave: () => void): AsyncGenerator<string, void> {
    try {
      for (let told = '', silentMs = 0; !signal.aborted;) {
        const text = JSON.stringify(await eventOf(watched, sessionId));
        if (text !== told) yield `data: ${text}\n\n`;
        else if (silentMs >= keepAliveMs) yield ': keep-alive\n\n';
        silentMs = text !== told || silentMs >= keepAliveMs ? 0 : silentMs + this.#everyMs;
        told = text;
        await later(this.#everyMs, signal);
      }
    } catch (error) {
      yield `data: ${JSON.stringify(errorBody(error))}\n\n`;
    } finally {
      leave();
    }
  }
}

async function eventOf({ room, access }: Watched, sessionId: string): Promise<SessionEvent> {
  const found = await room.turns.open(sessionId, access, { start: 0, end: 0 });
  if (found === null) throw new RequestError('NOT_FOUND', unknownSession);
  const { version, state, running } = found;
  return { version, runningTurnId: running?.turnId ?? null, turnCount: state.turnCount };
}
