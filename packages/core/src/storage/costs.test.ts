import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unwrap } from '../session/result.ts';
import { increment, manage } from '../session/test-sessions.ts';
import { hasRedis, redisNote } from '../testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../testing/servers/upstash-server.ts';
import { observed } from './observed.ts';
import { upstashStorage } from './upstash.ts';

describe.skipIf(!hasRedis)(`what each operation costs${redisNote}`, () => {
  let server: UpstashServer;
  beforeAll(async () => {
    server = await startUpstash();
  });
  afterAll(() => server.stop());

  /** Counts each operation: round trips by observed(), commands by the server's own statistics. */
  async function costs(): Promise<string[]> {
    let trips = 0;
    const storage = upstashStorage({ url: server.url, token: server.token });
    const counting = observed(storage, { onCommand: () => (trips += 1) });
    const sessions = manage(counting);
    const graceful = manage(counting, { ttl: { graceMs: 1000 } });
    const others = manage(upstashStorage({ url: server.url, token: server.token }));
    const { sessionId } = unwrap(await sessions.createSession());
    const handle = sessions.handle(sessionId);
    await handle.get();
    const operations: readonly (readonly [string, () => Promise<unknown>, (() => Promise<unknown>)?])[] = [
      ['`createSession`', () => sessions.createSession()],
      ['`createSession` for an owner', () => sessions.createSession({ owner: 'me' })],
      ['`createSession` for an owner, of a chosen id', () => sessions.createSession({ owner: 'me', sessionId: 'own' })],
      [
        '`createSession` for an owner, of a chosen id that was just not found',
        () => sessions.createSession({ owner: 'me', sessionId: 'new', looksFirst: false }),
      ],
      ['`listSessions`, of the three just made', () => sessions.listSessions({ owner: 'me' })],
      ['`getSession`', () => sessions.getSession(sessionId)],
      ['`getSession` with a time of grace', () => graceful.getSession(sessionId)],
      ['`getSession` with a list', () => sessions.getSession(sessionId, { lists: { log: {} } })],
      ['`handle.update`, nobody else writing', () => handle.update(increment)],
      ['`handle.update` that appends', () => handle.update(increment, { append: { log: ['one'] } })],
      [
        '`handle.update`, refused once',
        () => handle.update(increment),
        () => others.updateSession(sessionId, increment),
      ],
      ['`updateSession`', () => sessions.updateSession(sessionId, increment)],
      ['`touchSession`', () => sessions.touchSession(sessionId)],
      ['`resetSession`', () => sessions.resetSession(sessionId)],
      ['`deleteSession`', () => sessions.deleteSession(sessionId)],
    ];
    const rows: string[] = [];
    for (const [name, operation, before] of operations) {
      await before?.();
      server.cost();
      trips = 0;
      await operation();
      const { requests, commands } = server.cost();
      expect([name, requests]).toEqual([name, trips]);
      rows.push(`| ${name} | ${trips} | ${commands} |`);
    }
    return rows;
  }

  it('is what the documentation says', async () => {
    // The script of the commit is known to the server from here on, as it is in all but the first commit of its life.
    unwrap(await manage(upstashStorage({ url: server.url, token: server.token })).createSession());
    const page = [
      '# What operations cost',
      '',
      'Of a manager with one list, once the server knows the script. Round trips are the same on every engine; commands',
      'are what Upstash bills: the script is one, and so is each command inside it. This page is written by',
      '`costs.test.ts` of `packages/core` (`pnpm exec vitest run costs -u`), which fails when it is no longer true.',
      '',
      '| operation | round trips | commands |',
      '| --- | --- | --- |',
      ...(await costs()),
      '',
    ];
    await expect(page.join('\n')).toMatchFileSnapshot('../../../../docs/reference/storage-costs.md');
  });
});
