import type { Logger } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { defineAgent } from '../agent/agent.ts';
import { scriptedModel } from '../scripted-model.ts';
import { createSessionRoute, type SessionRouteOptions } from '../sessions/session-route.ts';
import { desk, routeOn, untilRuns } from '../testing/desk.ts';
import { post, userMessage } from '../testing/talk.ts';

const asked = (path: string, init: RequestInit = {}) =>
  new Request(`http://localhost${path}`, { headers: { 'x-owner': 'me' }, ...init });

function sessionsOn(storage = memoryStorage(), options: Partial<SessionRouteOptions> = {}) {
  const chat = routeOn(storage);
  const identify = (request: Request) => request.headers.get('x-owner');
  const route = createSessionRoute({ agents: [desk()], storage, identify, ...options });
  return { chat, route };
}

describe('a client that goes away', () => {
  it('frees its place among the streams of events, also where nobody reads or cancels its answer', async () => {
    const { chat, route } = sessionsOn(memoryStorage(), { events: { maxPerOwner: 1 } });
    await post(chat, { id: 's', message: userMessage('hello'), create: true });
    const leaving = new AbortController();
    const first = await route.GET(asked('/api/sessions/s/events', { signal: leaving.signal }));
    const second = await route.GET(asked('/api/sessions/s/events'));
    leaving.abort();
    const third = await route.GET(asked('/api/sessions/s/events'));
    expect([first.status, second.status, third.status]).toEqual([200, 429, 200]);
    await third.body?.cancel();
  });

  it('is asked for no stream by HEAD', async () => {
    const { chat, route } = sessionsOn(memoryStorage(), { events: { maxPerOwner: 1 } });
    const { headers } = await post(chat, { id: 's', message: userMessage('hello'), create: true });
    const turn = headers.get('x-turn-id') ?? '';
    const head = await chat.GET(asked(`/api/chat/desk?id=s&turn=${turn}`, { method: 'HEAD' }));
    expect([head.status, head.headers.get('x-turn-id'), head.body]).toEqual([200, turn, null]);
    const events = await route.GET(asked('/api/sessions/s/events', { method: 'HEAD' }));
    expect([events.status, events.body]).toEqual([200, null]);
    expect((await route.GET(asked('/api/sessions/s/events'))).status).toBe(200);
  });

  it('and deletes its session in the middle of a turn is no fault of the server', async () => {
    const errors: string[] = [];
    const storage = memoryStorage();
    const quiet = () => {};
    const logger: Logger = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (_fields, message) => void errors.push(message),
    };
    const words = Array.from({ length: 40 }, (_, index) => `w${index}`).join(' ');
    const model = scriptedModel({ delayMs: 10, reply: () => ({ text: words }) });
    const agents = [defineAgent({ id: 'desk', model, instructions: '', tools: {} })];
    const chat = routeOn(storage, { agents, logger });
    const { route } = sessionsOn(storage);
    const answer = post(chat, { id: 's', message: userMessage('hello'), create: true });
    await untilRuns(storage);
    expect((await route.DELETE(asked('/api/sessions/s', { method: 'DELETE' }))).status).toBe(200);
    const { chunks } = await answer;
    expect(chunks.at(-1)).toMatchObject({ type: 'error', errorText: expect.stringContaining('NOT_FOUND') });
    expect(errors).toEqual([]);
  });
});
