import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { flaky } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { defineAgent } from '../agent/agent.ts';
import { createHealthRoute } from '../http/health-route.ts';
import { scriptedModel } from '../scripted-model.ts';
import { load } from '../testing/desk.ts';
import { codeOf, day, served } from '../testing/sessions.ts';
import { textOf } from '../testing/talk.ts';

async function dump(storage: StorageProvider) {
  const { found } = await storage.scan('', null, 10_000);
  const keys = found.map(({ key }) => key).toSorted();
  const kinds = new Map(found.map(({ key, kind }) => [key, kind]));
  const entries = keys.filter((key) => kinds.get(key) === 'entry');
  const lists = keys.filter((key) => kinds.get(key) === 'list').map((key) => ({ key }));
  return { keys, ...(await storage.read({ entries, lists })) };
}

describe('one’s own sessions', () => {
  it('are listed newest first, page by page, each with its title, its end and its turns', async () => {
    const { say, mine, theirs } = served();
    await say('  What\nmoves   the tides?  ', 'a');
    await say(`${'x'.repeat(78)}😀 and more`, 'b');
    await say('Not mine', 'c', 'you');
    await say('Three', 'd');
    await say('Four', 'd');
    const { sessions, cursor } = await mine.list();
    expect(sessions.map(({ sessionId, title, turnCount }) => [sessionId, title, turnCount])).toEqual([
      ['d', 'Three', 2],
      ['b', `${'x'.repeat(78)}…`, 1],
      ['a', 'What moves the tides?', 1],
    ]);
    expect(cursor).toBe(null);
    expect(sessions[0]).toMatchObject({ agentId: 'desk', activeStep: 'research', forkOf: null });
    expect(sessions.map(({ updatedAt, expiresAt }) => (expiresAt ?? 0) - updatedAt)).toEqual([day, day, day]);
    const first = await mine.list({ limit: 2 });
    const second = await mine.list({ limit: 2, cursor: first.cursor });
    expect([...first.sessions, ...second.sessions]).toEqual(sessions);
    expect(second.cursor).toBe(null);
    expect((await theirs.list()).sessions.map(({ title }) => title)).toEqual(['Not mine']);
    expect((await mine.list({ agentId: 'another' })).sessions).toEqual([]);
    for (const limit of [0, 101, 1.5, -1, Number.NaN]) expect(await codeOf(mine.list({ limit }))).toBe('400 INVALID');
    expect(await codeOf(mine.list({ cursor: 'forged' }))).toBe('400 INVALID');
  });

  it('are shown with their messages and turns as the page that is drawn on the server shows them', async () => {
    const { storage, say, mine } = served();
    await say('One', 's');
    await say('Two', 's');
    const shown = await mine.get('s');
    expect(shown).toEqual(JSON.parse(JSON.stringify(await load(storage, 's'))));
    expect(shown?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(shown?.runningTurnId).toBe(null);
    expect(shown?.turns).toMatchObject([
      { messageId: shown?.messages[0]?.id, status: 'completed', parentTurnId: null, activeStepAfter: 'research' },
      { messageId: shown?.messages[2]?.id, status: 'completed' },
    ]);
    expect(shown?.turns[0]?.usage?.totalTokens).toBeGreaterThan(0);
  });

  it('go back to a turn, with state and words, and go on from there', async () => {
    const { say, mine } = served();
    for (const text of ['One', 'Two', 'Three']) await say(text, 's');
    const before = await mine.get('s');
    const [first, second, third] = before?.turns ?? [];
    expect(await mine.rewind('s', { turnId: first?.turnId ?? null })).toEqual([second?.turnId, third?.turnId]);
    const after = await mine.get('s');
    expect(after?.messages).toEqual(before?.messages.slice(0, 2));
    expect([after?.state.turnCount, after?.turns]).toEqual([1, before?.turns.slice(0, 1)]);
    expect(textOf(await say('Four', 's'))).toBe('You said Four.');
    await mine.rewind('s', { turnId: null });
    expect(await mine.get('s')).toMatchObject({ messages: [], turns: [], state: { turnCount: 0 } });
    expect(await codeOf(mine.rewind('s', { turnId: 'unknown#1' }))).toBe('400 INVALID');
  });

  it('are forked at a turn: the new one has what was there then, and the old one stays as it is', async () => {
    const { say, mine } = served();
    for (const text of ['One', 'Two']) await say(text, 's');
    const before = await mine.get('s');
    const turnId = before?.turns[0]?.turnId ?? null;
    const forkId = await mine.fork('s', { turnId });
    const forked = await mine.get(forkId);
    expect(forked).toMatchObject({ title: 'One', forkOf: { sessionId: 's', turnId }, state: { turnCount: 1 } });
    expect(forked?.messages).toEqual(before?.messages.slice(0, 2));
    await say('Elsewhere', forkId);
    expect(await mine.get('s')).toEqual(before);
    expect((await mine.list()).sessions.map(({ sessionId }) => sessionId)).toEqual([forkId, 's']);
  });

  it('end for good, with all that was kept of them', async () => {
    const { storage, say, mine } = served();
    const { keys: none } = await dump(storage);
    await say('One', 's');
    expect(await mine.delete('s')).toBe(true);
    expect([await mine.get('s'), await mine.delete('s'), (await mine.list()).sessions]).toEqual([null, false, []]);
    const left = (await dump(storage)).keys.filter((key) => !key.includes(':owners:'));
    expect([none, left]).toEqual([[], []]);
    expect((await say('Anew', 's')).status).toBe(200);
  });

  it('are nobody else’s, for whom they are not there, and stay as they are', async () => {
    const { storage, route, say, mine, theirs } = served();
    await say('A secret', 's');
    const turnId = (await mine.get('s'))?.turns[0]?.turnId ?? null;
    const before = await dump(storage);
    for (const id of ['s', 'unknown']) {
      expect(await theirs.get(id)).toBe(null);
      expect(await theirs.delete(id)).toBe(false);
      expect(await codeOf(theirs.rewind(id, { turnId: null }))).toBe('404 NOT_FOUND');
      expect(await codeOf(theirs.fork(id, { turnId }))).toBe('404 NOT_FOUND');
      const watching = { onEvent: () => {}, signal: AbortSignal.timeout(5000) };
      expect(await codeOf(theirs.watch(id, watching))).toBe('404 NOT_FOUND');
    }
    const unknown = await route.GET(new Request('http://localhost/api/sessions/s'));
    expect([unknown.status, await unknown.json()]).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }]);
    expect(await dump(storage)).toEqual(before);
  });

  it('are not there under an id that no URL can hold', async () => {
    const { say, mine } = served();
    await say('One', 's');
    for (const id of ['', '.', '..', '\ud800']) {
      expect([await mine.get(id), await mine.delete(id)]).toEqual([null, false]);
      expect(await codeOf(mine.fork(id, { turnId: null }))).toBe('404 NOT_FOUND');
    }
  });

  it('of an agent that is not of this route are not there', async () => {
    const storage = memoryStorage();
    const other = defineAgent({ id: 'other', model: scriptedModel(), instructions: '', tools: {} });
    await served({}, storage).say('Hello', 's');
    const { mine } = served({ agents: [other] }, storage);
    expect([await mine.get('s'), (await mine.list()).sessions]).toEqual([null, []]);
    expect(await codeOf(mine.rewind('s', { turnId: null }))).toBe('404 NOT_FOUND');
  });
});

describe('what no page would send', () => {
  it.each([
    ['GET', '/api/sessions/s/unknown', undefined, 404],
    ['POST', '/api/sessions', '{}', 404],
    ['POST', '/api/sessions/s', '{}', 404],
    ['DELETE', '/api/sessions', undefined, 404],
    ['GET', '/api/sessions/s/rewind', undefined, 404],
    ['GET', '/api/sessions/%E0%A4%A', undefined, 400],
    ['GET', `/api/sessions/${'x'.repeat(300)}`, undefined, 400],
    ['GET', '/api/sessions/a%0Ab', undefined, 400],
    ['POST', '/api/sessions/s/rewind', '', 400],
    ['POST', '/api/sessions/s/rewind', '{}', 400],
    ['POST', '/api/sessions/s/rewind', '{"turnId":7}', 400],
    ['POST', '/api/sessions/s/rewind', '{"turnId":null,"more":1}', 400],
    ['POST', '/api/sessions/s/fork', '[]', 400],
    ['POST', '/api/sessions/s/fork', `{"turnId":"${'x'.repeat(5000)}"}`, 413],
  ] as const)('%s %s with %s is turned down with %i', async (method, path, body, status) => {
    const { route, say, mine } = served();
    await say('One', 's');
    const before = await mine.get('s');
    const request = new Request(`http://localhost${path}`, {
      method,
      headers: { 'x-owner': 'me', 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    const response = await route[method](request);
    expect([response.status, await response.json()]).toMatchObject([
      status,
      { error: { message: expect.any(String) } },
    ]);
    expect(await mine.get('s')).toEqual(before);
  });
});

describe('a storage that is down', () => {
  it('is told as such by every endpoint', async () => {
    const storage = flaky(memoryStorage(), { isDown: () => true });
    const { mine } = served({}, storage);
    const answers = [mine.list(), mine.get('s'), mine.delete('s'), mine.fork('s', { turnId: null })];
    expect(await Promise.all(answers.map(codeOf))).toEqual(answers.map(() => '503 STORAGE'));
  });

  it('makes the health check fail, and a good one is told with its name', async () => {
    const storage = memoryStorage();
    const { GET } = createHealthRoute({ storage });
    const health = async () => {
      const response = await GET(new Request('http://localhost/api/health'));
      return [response.status, await response.json()];
    };
    expect(await health()).toEqual([200, { status: 'ok', storage: { name: 'memory', scope: 'process' } }]);
    await storage.close();
    expect(await health()).toMatchObject([503, { error: { code: 'STORAGE' } }]);
  });
});
