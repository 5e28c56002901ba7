import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, redisNote } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../../../packages/core/src/testing/servers/upstash-server.ts';
import { firstWords, Guest, heard, idsOf, lastAnswer } from '../testing/guest.ts';
import { bundleWorker } from './bundle-worker.ts';
import { startWorker } from './start-worker.ts';

describe('the bundle of the worker', () => {
  it('imports nothing any more, of Node or of anybody', async () => {
    const { code, imports } = await bundleWorker();
    expect(code.length).toBeGreaterThan(100_000);
    expect(imports).toEqual([]);
  });
});

describe.skipIf(!hasRedis)(`a worker with Upstash${redisNote}`, () => {
  let upstash: UpstashServer;
  beforeAll(async () => {
    upstash = await startUpstash();
  });
  afterAll(() => upstash.stop());
  const start = (wordMs: number) =>
    startWorker({
      UPSTASH_REDIS_REST_URL: upstash.url,
      UPSTASH_REDIS_REST_TOKEN: upstash.token,
      WORD_MS: String(wordMs),
    });

  it('answers turns, lists and rewinds sessions, and says that it is well', async () => {
    await using worker = await start(0);
    const guest = new Guest(worker.url);
    const first = await guest.say('the tides');
    const second = await guest.say('the stars', first.sessionId);
    expect([first.end, second.end]).toEqual(['finish', 'finish']);
    expect((await guest.sessions.list()).sessions).toMatchObject([{ sessionId: first.sessionId, turnCount: 2 }]);
    expect(await guest.sessions.rewind(first.sessionId, { turnId: first.turnId })).toEqual([second.turnId]);
    expect(lastAnswer(await guest.show(first.sessionId))).toBe(first.text);
    expect(await (await fetch(`${worker.url}/api/health`)).json()).toMatchObject({
      status: 'ok',
      storage: { name: 'upstash' },
    });
  });

  it('ends a turn whose client has left, and tells another all of it', async () => {
    await using worker = await start(20);
    const guest = new Guest(worker.url);
    const left = await firstWords(await guest.begin('the tides'), 5);
    const { text, end } = await heard(await guest.follow({ id: left.sessionId, turn: left.turnId }));
    expect([end, text.split(' ').length]).toEqual(['finish', 63]);
    expect(lastAnswer(await guest.show(left.sessionId))).toBe(text);
  });

  it('stops a turn that another worker has begun', async () => {
    await using here = await start(50);
    await using there = await start(50);
    const begun = await new Guest(here.url).begin('the tides');
    const { sessionId: id, turnId: turn } = idsOf(begun);
    const answer = heard(begun);
    await firstWords(await new Guest(there.url).follow({ id, turn }), 5);
    expect(await new Guest(there.url).stop({ id, turn })).toEqual({ status: 'asked' });
    expect((await answer).end).toBe('abort');
    expect((await new Guest(there.url).show(id)).turns.map(({ status }) => status)).toEqual(['stopped']);
  });
});
