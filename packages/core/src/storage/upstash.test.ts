import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '../session/result.ts';
import { increment, manage } from '../session/test-sessions.ts';
import { freePort } from '../testing/servers/free-port.ts';
import { hasRedis, redisNote } from '../testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../testing/servers/upstash-server.ts';
import { describeStorage } from '../testing/storage-contract.ts';
import { upstashStorage } from './upstash.ts';

const put = (key: string) =>
  ({
    checks: [{ key, version: null }],
    changes: [{ type: 'set', key, value: 'value', version: 'v1', ttlMs: null }],
  }) as const;

describe.skipIf(!hasRedis)(`upstashStorage${redisNote}`, () => {
  let server: UpstashServer;
  let created = 0;
  const open = (options: { token?: string; timeoutMs?: number } = {}) =>
    upstashStorage({ url: server.url, token: server.token, keyPrefix: `${created++}:`, ...options });
  beforeAll(async () => {
    server = await startUpstash();
  });
  // What one clause had it do is not to fall on the next.
  afterEach(() => server.fail());
  afterAll(() => server.stop());

  describeStorage('upstash', () => open(), { describe, it });

  it('says STORAGE at once to a token that is refused', async () => {
    const storage = open({ token: 'wrong' });
    const refused = { code: 'STORAGE', message: expect.stringContaining('WRONGPASS') };
    await expect(storage.read({ entries: ['a'] })).rejects.toMatchObject(refused);
    await expect(storage.commit(put('a'))).rejects.toMatchObject(refused);
  });

  it('waits and tries again while the limit of requests is reached', async () => {
    const limited = { type: 'answer', status: 429, body: '{"error":"Too Many Requests"}' } as const;
    server.fail(limited, { ...limited, headers: { 'retry-after': '1' } });
    expect((await open().commit(put('a'))).committed).toBe(true);
    const spent = { ...limited, body: '{"error":"ERR max requests limit exceeded. Limit: 500000, Usage: 500000."}' };
    server.fail(...Array.from({ length: 99 }, () => spent));
    const spentOut = open({ timeoutMs: 1000 });
    await expect(spentOut.read({ entries: ['a'] })).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(spentOut.commit(put('b'))).rejects.toMatchObject({ code: 'STORAGE' });
  });

  it.each([
    ['an error of the service', { type: 'answer', status: 500, body: '{"error":"Internal Server Error"}' }],
    ['a page of a proxy', { type: 'answer', status: 502, body: '<html>Bad gateway</html>' }],
    ['an answer without an error', { type: 'answer', status: 503, body: '{}' }],
    ['a reply that is lost', 'reply lost'],
    ['a reply that stops half way', 'slow body'],
    ['a connection that is cut', 'cut'],
  ] as const)('tells a commit as UNKNOWN_OUTCOME after %s, and reads again', async (_name, fault) => {
    const storage = open({ timeoutMs: 400 });
    await storage.commit(put('a'));
    server.fail(fault);
    await expect(storage.commit(put('b'))).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    if (fault === 'slow body') return;
    server.fail(fault);
    expect((await storage.read({ entries: ['a'] })).entries[0]?.version).toBe('v1');
  });

  it('ends a read at its deadline when the answer stops half way', async () => {
    server.fail('slow body');
    await expect(open({ timeoutMs: 200 }).read({ entries: ['a'] })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('says STORAGE when nobody listens', async () => {
    const storage = upstashStorage({ url: `http://127.0.0.1:${await freePort()}`, token: 'token', timeoutMs: 300 });
    await expect(storage.commit(put('a'))).rejects.toMatchObject({ code: 'STORAGE' });
  });

  it('loses and doubles no update over a network that loses every other reply', async () => {
    const sessions = manage(open());
    const { sessionId } = unwrap(await sessions.createSession());
    for (let times = 0; times < 20; times++) {
      server.fail('reply lost');
      unwrap(await sessions.updateSession(sessionId, increment));
    }
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(20);
  });

  it('asks for no request twice at once: one each for a read and an update that is not refused', async () => {
    const sessions = manage(open());
    const { sessionId } = unwrap(await sessions.createSession());
    await sessions.updateSession(sessionId, increment);
    server.cost();
    await sessions.getSession(sessionId);
    expect(server.cost()).toEqual({ requests: 1, commands: 1 });
    await sessions.updateSession(sessionId, increment);
    expect(server.cost().requests).toBe(2);
  });

  it.each([
    ['url', { url: 'redis://host', token: 't' }],
    ['token', { url: 'https://host', token: '' }],
    ['token', { url: 'https://host', token: 'two words' }],
  ])('refuses a %s that cannot be right', (path, options) => {
    expect(() => upstashStorage(options)).toThrow(expect.objectContaining({ code: 'INVALID', path }));
  });
});

describe.skipIf(!hasRedis)(`upstashStorage in front of a replica that is behind${redisNote}`, () => {
  let server: UpstashServer;
  beforeAll(async () => {
    server = await startUpstash();
  });
  afterAll(() => server.stop());

  const openStorage = () => upstashStorage({ url: server.url, token: server.token });
  const keyOf = (sessionId: string) => `sessions:{${sessionId}}`;

  it('is behind in truth: what it holds, a stranger is shown as it was', async () => {
    const [writing, stranger] = [openStorage(), openStorage()];
    const { sessionId } = unwrap(await manage(writing).createSession());
    await server.lag();
    const before = (await stranger.read({ entries: [keyOf(sessionId)] })).entries[0];
    unwrap(await manage(writing).updateSession(sessionId, increment));
    expect(before?.version).toBeDefined();
    expect((await stranger.read({ entries: [keyOf(sessionId)] })).entries[0]).toEqual(before);
  });

  it('never takes a session for missing that another client has just made', async () => {
    const open = () => manage(openStorage());
    const { sessionId } = unwrap(await open().createSession());
    expect((await openStorage().read({ entries: [keyOf(sessionId)] })).entries).toEqual([null]);
    expect(unwrap(await open().getSession(sessionId)).data.count).toBe(0);
    expect(unwrap(await open().updateSession(sessionId, increment)).data.count).toBe(1);
    expect(await open().getSession('never-made')).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('shows a client what it wrote itself, also when an answer to an older request comes in late', async () => {
    const storage = openStorage();
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    const letGo = server.holdAnswer();
    const late = storage.read({ entries: ['something-else'] });
    await expect.poll(() => server.cost().requests).toBe(1);
    unwrap(await sessions.updateSession(sessionId, increment));
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(1);
    letGo();
    await late;
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(1);
    // From then on the token is known to be the newest again, and a read is as cheap as before.
    server.cost();
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(1);
    expect(server.cost()).toEqual({ requests: 1, commands: 1 });
  });

  it('shows a client what it wrote, however many requests are on their way at once', async () => {
    const sessions = manage(openStorage());
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => unwrap(await sessions.createSession()).sessionId),
    );
    await Promise.all(
      ids.map(async (sessionId) => {
        for (let count = 1; count <= 10; count++) {
          unwrap(await sessions.updateSession(sessionId, increment));
          expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(count);
        }
      }),
    );
  });
});
