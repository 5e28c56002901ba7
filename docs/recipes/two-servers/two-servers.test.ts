import { describe, expect, it } from 'vitest';
import { hasRedis, redisNote } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { redisForSuite } from '../testing/engines.ts';
import { firstWords, Guest, heard, idsOf, lastAnswer } from '../testing/guest.ts';
import { Served } from '../testing/served.ts';
import { startProxy } from './start-proxy.ts';

describe.skipIf(!hasRedis)(`two servers on one Redis, behind a proxy${redisNote}`, () => {
  const redis = redisForSuite();
  const start = (wordMs: number) =>
    Served.start({ STATEROOM_STORAGE: 'redis', REDIS_URL: redis().url, LEASE_MS: '3000', WORD_MS: String(wordMs) });

  it('one turn after the other is answered, whichever of them is asked', async () => {
    await using a = await start(0);
    await using b = await start(0);
    await using proxy = await startProxy([a.url, b.url]);
    const guest = new Guest(proxy.url);
    const { sessionId } = await guest.say('turn 1');
    for (let turn = 2; turn <= 6; turn++) await guest.say(`turn ${turn}`, sessionId);
    const { messages, turns } = await guest.show(sessionId);
    expect(messages.length).toBe(12);
    expect(turns.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'completed'));
  });

  it('a turn that one has begun is followed by way of the other, and stopped there', async () => {
    await using a = await start(50);
    await using b = await start(50);
    const [here, there] = [new Guest(a.url), new Guest(b.url)];
    const begun = await here.begin('the tides');
    const { sessionId: id, turnId: turn } = idsOf(begun);
    const answer = heard(begun);
    const said = await firstWords(await there.follow({ id, turn }), 6);
    const following = heard(await there.follow({ id, turn }));
    expect(await there.stop({ id, turn })).toEqual({ status: 'asked' });
    expect([(await answer).end, (await following).end]).toEqual(['abort', 'abort']);
    expect((await following).text.startsWith(said.text)).toBe(true);
    expect(lastAnswer(await here.show(id))).toBe((await answer).text);
  });

  it('one that is killed in the middle of a turn costs no message, and its guests nothing but a lease', async () => {
    await using a = await start(100);
    await using b = await start(0);
    await using proxy = await startProxy([a.url, b.url]);
    const guest = new Guest(proxy.url);
    const begun = await new Guest(a.url).begin('the tides');
    const { sessionId: id, turnId: turn } = idsOf(begun);
    const said = await firstWords(await guest.follow({ id, turn }), 6);
    await a.end('SIGKILL');
    const rest = await heard(await new Guest(b.url).follow({ id, turn }));
    expect([rest.end, rest.text.startsWith(said.text)]).toEqual(['error', true]);
    const message = 'the stars';
    let next = await guest.say(message, id);
    while (next.end === '409') next = await guest.say(message, id);
    expect(next.end).toBe('finish');
    const { messages, turns } = await guest.show(id);
    expect(turns.map(({ status }) => status)).toEqual(['crashed', 'completed']);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(JSON.stringify(messages[1])).toContain(said.text.trim());
  });
});
