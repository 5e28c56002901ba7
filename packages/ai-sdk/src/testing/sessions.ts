import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { ApiError } from '../client/api-error.ts';
import { createSessionRoute, type SessionRouteOptions } from '../sessions/session-route.ts';
import { createSessionsClient } from '../client/sessions-client.ts';
import { desk, routeOn } from './desk.ts';
import { post, userMessage } from './talk.ts';

export const day = 24 * 60 * 60_000;

/** A server with a chat and a session route, and the client of a guest of it. */
export function served(options: Partial<SessionRouteOptions> = {}, storage: StorageProvider = memoryStorage()) {
  const agents = [desk(({ userText }) => ({ text: `You said ${userText}.` }))];
  const shared = { agents, storage, ttl: { idleMs: day } };
  const route = createSessionRoute({ ...shared, identify: (request) => request.headers.get('x-owner'), ...options });
  const clientOf = (owner: string) => createSessionsClient({ fetch: fetchFrom(route, owner) });
  const chat = routeOn(storage, shared);
  const say = async (text: string, id?: string, owner = 'me') =>
    post(chat, { message: userMessage(text), ...(id !== undefined && { id, create: true }) }, { owner });
  return { storage, route, chat, say, mine: clientOf('me'), theirs: clientOf('you') };
}

function fetchFrom(route: ReturnType<typeof createSessionRoute>, owner: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(new URL(input instanceof Request ? input.url : input, 'http://localhost'), init);
    request.headers.set('x-owner', owner);
    const { method } = request;
    return method === 'GET' || method === 'DELETE' ? route[method](request) : route.POST(request);
  };
}

/** The status and the code that a call is refused with. */
export const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof ApiError ? `${error.status} ${error.code}` : String(error)),
  );
