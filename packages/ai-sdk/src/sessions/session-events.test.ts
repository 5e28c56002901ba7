import { memoryStorage } from '@stateroom/core/memory';
import { flaky } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { defineAgent } from '../agent/agent.ts';
import { scriptedModel } from '../scripted-model.ts';
import { routeOn, untilRuns } from '../testing/desk.ts';
import { codeOf, served } from '../testing/sessions.ts';
import { post, userMessage } from '../testing/talk.ts';

describe('a turn that runs', () => {
  it('refuses to be gone back over, and a second window is told when it begins and ends', async () => {
    const storage = memoryStorage();
    const model = scriptedModel({ delayMs: 20, reply: () => ({ text: 'one two three four five six' }) });
    const agent = defineAgent({ id: 'desk', model, instructions: '', tools: {} });
    const { mine } = served({ agents: [agent], events: { everyMs: 10 } }, storage);
    const chat = routeOn(storage, { agents: [agent] });
    await post(chat, { id: 's', message: userMessage('first'), create: true });
    const seen: (string | null)[] = [];
    const leaving = new AbortController();
    const watching = mine.watch('s', {
      onEvent: ({ runningTurnId, turnCount }) => seen.push(`${runningTurnId !== null} ${turnCount}`),
      signal: leaving.signal,
    });
    const second = post(chat, { id: 's', message: userMessage('second') });
    await untilRuns(storage);
    expect(await codeOf(mine.rewind('s', { turnId: null }))).toBe('409 CONFLICT');
    await second;
    while (!seen.includes('false 2')) await new Promise((resolve) => setTimeout(resolve, 5));
    leaving.abort();
    await watching;
    expect([...new Set(seen)]).toEqual(['false 1', 'true 1', 'false 2']);
  });
});

describe('a stream of events', () => {
  const open = (route: ReturnType<typeof served>['route'], signal?: AbortSignal) =>
    route.GET(
      new Request('http://localhost/api/sessions/s/events', {
        headers: { 'x-owner': 'me' },
        ...(signal && { signal }),
      }),
    );

  it('ends with NOT_FOUND when its session goes', async () => {
    const { say, mine } = served({ events: { everyMs: 10 } });
    await say('One', 's');
    const deleting = Promise.withResolvers<void>();
    const watching = mine.watch('s', { onEvent: () => deleting.resolve(), signal: AbortSignal.timeout(10_000) });
    await deleting.promise;
    await mine.delete('s');
    expect(await codeOf(watching)).toBe('200 NOT_FOUND');
  });

  it('ends when the server does, and none is kept open after that', async () => {
    const { say, route } = served({ events: { everyMs: 60_000 } });
    await say('One', 's');
    const streams = await Promise.all([open(route), open(route)]);
    route.close();
    streams.push(await open(route));
    expect(await Promise.all(streams.map(async (stream) => (await stream.text()).split('\n').length < 5))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('is refused where one owner has too many, until one of them is left, by either of two ways', async () => {
    const { say, route } = served({ events: { everyMs: 10, maxPerOwner: 2 } });
    await say('One', 's');
    const leaving = new AbortController();
    const [first, second] = [await open(route), await open(route, leaving.signal)];
    const refused = await open(route);
    expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: 'TOO_MANY' } }]);
    await first.body?.cancel();
    const third = await open(route);
    expect(third.status).toBe(200);
    expect((await open(route)).status).toBe(429);
    leaving.abort();
    await second.text();
    expect((await open(route)).status).toBe(200);
  });

  it('looks at nothing once its reader has left', async () => {
    let reads = 0;
    const isDown = () => {
      reads += 1;
      return false;
    };
    const counted = flaky(memoryStorage(), { isDown });
    const { say, route } = served({ events: { everyMs: 5 } }, counted);
    await say('One', 's');
    const response = await open(route);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const before = reads;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(reads).toBe(before);
  });
});
