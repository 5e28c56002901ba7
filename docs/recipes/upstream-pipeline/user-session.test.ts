import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, onEachEngine } from '../testing/engines.ts';
import { FakeUpstream } from './fake-upstream.ts';
import { loadIndex, loginPipeline, upstreamStep } from './login-pipeline.ts';
import { UserSessions, type UserSessionsOptions } from './user-session.ts';

const secret = 'a secret of this test, 32 bytes or more';
const login = { accountId: 'player-7', ticket: 'the-ticket' };

describe('a session at an upstream', () => {
  onEachEngine(suite);
});

function suite({ open }: Engine): void {
  let upstream: FakeUpstream;
  beforeAll(async () => {
    upstream = await FakeUpstream.open();
  });
  beforeEach(() => {
    for (const endpoint of loginPipeline.map(({ name }) => `/${name}`)) upstream.answer(endpoint, null);
    upstream.calls.length = 0;
    upstream.carriedOut.length = 0;
  });
  afterAll(() => upstream.close());

  const begin = async (options: Partial<UserSessionsOptions> = {}) =>
    new UserSessions({ storage: await open(), secret, upstreamBase: upstream.base, ...options });
  const failing = (status: number) => async () => ({ status, body: '{}' });

  it('logs in by four steps in order, keeps what each exchanged, and the viewer id that it was given', async () => {
    const users = await begin();
    const session = await users.createSession(login, { device: 'phone' });
    expect(session).toMatchObject({
      id: expect.stringMatching(/^[\w-]{24}$/),
      createdAt: expect.any(Number),
      meta: { device: 'phone' },
    });
    const results = await session.runPipeline(loginPipeline);
    expect(results.map(({ order, name, status }) => [order, name, status])).toEqual([
      [1, 'pre_signup', 'ok'],
      [2, 'signup', 'ok'],
      [3, 'start_session', 'ok'],
      [4, 'load_index', 'ok'],
    ]);
    expect(results[3]?.value).toEqual({
      endpoint: '/load_index',
      requestBase64: expect.any(String),
      responseBase64: expect.any(String),
      decoded: { endpoint: '/load_index' },
    });
    expect((await session.getContext()).viewerId).toBe(4711);
    expect((await session.getPipeline()).run).toMatchObject({ status: 'ok', results });
    expect(upstream.carriedOut.map(({ request }) => request['after'])).toEqual([
      null,
      'pre_signup',
      'signup',
      'start_session',
    ]);
  });

  it('hands its last step to the first of the next run, in another process as well; none leave it as it was', async () => {
    const storage = await open();
    const [here, there] = [await begin({ storage }), await begin({ storage })];
    const session = await here.createSession(login);
    await session.runPipeline(loginPipeline);
    const last = await session.getLastStep();
    expect(await session.runPipeline([])).toEqual([]);
    expect(await session.getLastStep()).toEqual(last);
    await (await there.getSession(session.id)).runPipeline([loadIndex]);
    expect(upstream.carriedOut.at(-1)?.request['after']).toBe('load_index');
    await session.setLastStep(null);
    expect(await session.getLastStep()).toBeNull();
    await session.setLastStep(last);
    expect(await session.getLastStep()).toEqual(last);
  });

  it('skips what needs a viewer id where there is none, and goes on; the login is none then', async () => {
    const users = await begin();
    const session = await users.createSession(login);
    const results = await session.runPipeline([upstreamStep('pre_signup', { omitViewerId: true }), loadIndex]);
    expect(results[1]).toMatchObject({ order: 2, status: 'skipped', code: 'MISSING_VIEWER_ID', value: null });
    expect((await session.getLastStep())?.name).toBe('pre_signup');
    const answer = Buffer.from('{"no":"viewer"}').toString('base64');
    upstream.answer('/signup', async () => ({ status: 200, body: JSON.stringify({ data: answer }) }));
    expect(await users.logIn(login)).toMatchObject({ ok: false, error: 'MISSING_VIEWER_ID' });
  });

  it.each([
    ['a status', failing(500), 'UPSTREAM_500'],
    ['no JSON', async () => ({ status: 200, body: 'oops' }), 'UPSTREAM_SHAPE'],
    ['another shape', async () => ({ status: 200, body: '{"reply":"e30="}' }), 'UPSTREAM_SHAPE'],
    ['what is no object', async () => ({ status: 200, body: '{"responseB64":"MQ=="}' }), 'UPSTREAM_SHAPE'],
  ])('stops at a call that fails, with its code, and keeps the step before as the last: %s', async (_, reply, code) => {
    const users = await begin();
    const session = await users.createSession(login);
    upstream.answer('/signup', reply);
    const results = await session.runPipeline(loginPipeline);
    expect(results.map(({ status }) => status)).toEqual(['ok', 'failed']);
    expect(results[1]).toMatchObject({ name: 'signup', code, value: null });
    expect(upstream.calls).toEqual(['/pre_signup', '/signup']);
    expect((await session.getLastStep())?.name).toBe('pre_signup');
    expect(JSON.stringify(Object.values(results[1] ?? {}))).not.toContain(import.meta.dirname);
  });

  it('gives up a call that takes too long, and one that the caller has no more use for', async () => {
    const users = await begin();
    const session = await users.createSession(login);
    upstream.answer('/slow', () => new Promise(() => {}));
    const slow = (timeoutMs: number) => [upstreamStep('slow', { omitViewerId: true, timeoutMs })];
    expect((await session.runPipeline(slow(30)))[0]).toMatchObject({ status: 'failed', code: 'TIMEOUT' });
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 30);
    const { results } = await session.run(slow(60_000), { signal: leaving.signal });
    expect(results[0]).toMatchObject({ status: 'failed', code: 'ABORTED' });
  });

  it('works with the context that is set, in the next run', async () => {
    const users = await begin({ upstreamBase: '' });
    const session = await users.createSession(login);
    expect((await session.runPipeline(loginPipeline))[0]).toMatchObject({ status: 'failed', code: 'INVALID' });
    await session.setContext((context) => ({ ...context, upstreamBase: upstream.base }));
    expect(await session.runPipeline(loginPipeline)).toHaveLength(4);
  });

  it('runs one pipeline at a time: of two at once one is refused', async () => {
    const storage = await open();
    const [here, there] = [await begin({ storage }), await begin({ storage })];
    const session = await here.createSession(login);
    const runs = await Promise.allSettled([
      session.runPipeline(loginPipeline),
      (await there.getSession(session.id)).runPipeline(loginPipeline),
    ]);
    expect(runs.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(runs.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
    expect(upstream.carriedOut).toHaveLength(4);
  });

  it('is gone for whoever still holds it, once it is deleted, in one way for all', async () => {
    const users = await begin();
    const session = await users.createSession(login);
    await session.runPipeline(loginPipeline);
    await users.deleteSession(session.id);
    await users.deleteSession(session.id);
    const calls = [
      () => users.getSession(session.id),
      () => session.getContext(),
      () => session.setContext((context) => context),
      () => session.getLastStep(),
      () => session.setLastStep(null),
      () => session.runPipeline(loginPipeline),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(upstream.calls).toHaveLength(4);
  });

  it('answers a login by an id, a time and a code, and leaves no session where it failed', async () => {
    const storage = await open();
    const users = await begin({ storage });
    const { sessionId, ...reply } = await users.logIn(login);
    expect(reply).toEqual({ ok: true, error: null, createdAt: expect.any(Number) });
    expect((await (await users.getSession(sessionId ?? '')).getPipeline()).run?.status).toBe('ok');
    await users.deleteSession(sessionId ?? '');
    upstream.answer('/start_session', failing(503));
    expect(await users.logIn(login)).toEqual({ sessionId: null, ok: false, error: 'UPSTREAM_503', createdAt: null });
    expect((await storage.scan('upstream-sessions:', null, 100)).found).toEqual([]);
  });

  it('shows nothing secret to JSON, to logs or to clients', async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const users = await begin({ logger: { debug: log, info: log, warn: log, error: log } });
    const session = await users.createSession(login);
    const { authKey, responseKey } = await session.getContext();
    upstream.answer('/start_session', failing(500));
    const results = await session.runPipeline(loginPipeline);
    const shown = [
      session,
      results,
      await session.getPipeline(),
      await session.getLastStep(),
      await session.getContext(),
      lines,
    ];
    const request = Buffer.from('"ticket":"the-ticket"').toString('base64').slice(4, 20);
    for (const text of [JSON.stringify(shown), inspect(shown, { depth: null })]) {
      for (const part of ['the-ticket', 'player-7', authKey, responseKey, request]) expect(text).not.toContain(part);
    }
    expect(JSON.parse(JSON.stringify(session))).toEqual({ id: session.id });
  });
}
