import { type Agent, createChatRoute, createHealthRoute, createSessionRoute } from '@stateroom/ai-sdk';
import type { StorageProvider } from '@stateroom/core';
import { Hono } from 'hono';

export type AppOptions = {
  readonly agents: readonly Agent[];
  readonly storage: StorageProvider;
  /** How long a session stays taken by a process that was killed. */
  readonly leaseMs?: number;
  /** For hosts that would else stop when the response is out. */
  readonly waitUntil?: (turn: Promise<void>) => void;
};

/** All that a client of agents needs, for whatever host takes a Request and gives a Response. */
export function createApp({ agents, storage, leaseMs = 30_000, waitUntil }: AppOptions) {
  // A header can say anything: a real server asks a session cookie or a token.
  const identify = (request: Request) => request.headers.get('x-guest');
  const room = { agents, storage, identify };
  // Shorter than whatever the host gives a request, so that a turn ends with what it has said, and not with the host.
  const turns = { leaseMs, maxTurnMs: 5 * 60_000 };
  const chat = createChatRoute({ ...room, turns, ...(waitUntil && { waitUntil }) });
  const sessions = createSessionRoute(room);
  const health = createHealthRoute({ storage });
  const app = new Hono();
  for (const method of ['GET', 'POST', 'DELETE'] as const) {
    app.on(method, '/api/chat/:agent', ({ req }) => chat[method](req.raw));
    app.on(method, ['/api/sessions', '/api/sessions/*'], ({ req }) => sessions[method](req.raw));
  }
  app.get('/api/health', ({ req }) => health.GET(req.raw));
  return { fetch: app.fetch, close: chat.close };
}
