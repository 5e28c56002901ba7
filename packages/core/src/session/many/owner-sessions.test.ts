import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import { override } from '../../storage/override.ts';
import type { StorageProvider } from '../../storage/provider.ts';
import { manualClock } from '../../testing/clock.ts';
import { flaky } from '../../testing/flaky.ts';
import type { SessionPage } from '../options.ts';
import { unwrap } from '../result.ts';
import { counted, increment, manage } from '../test-sessions.ts';

const owner = 'user-7';
const indexKey = 'sessions:owners:{user-7}';
const hour = 60 * 60_000;

async function hints(storage: StorageProvider): Promise<number> {
  return (await storage.read({ lists: [{ key: indexKey }] })).lists[0]?.length ?? 0;
}

describe("an owner's sessions", () => {
  it('are listed newest first, and nobody else’s with them', async () => {
    const sessions = manage(memoryStorage());
    for (const sessionId of ['first', 'second', 'third']) await sessions.createSession({ sessionId, owner });
    await sessions.createSession({ sessionId: 'foreign', owner: 'user-8' });
    await sessions.createSession({ sessionId: 'nobody' });
    await sessions.updateSession('first', increment);
    const page = await sessions.listSessions({ owner });
    expect(page.sessions.map(({ sessionId, data }) => [sessionId, data.count])).toEqual([
      ['third', 0],
      ['second', 0],
      ['first', 1],
    ]);
    expect([page.failed, page.cursor]).toEqual([[], null]);
  });

  it('come in pages that miss nothing and repeat nothing, while others come and go', async () => {
    const sessions = manage(memoryStorage());
    const ids = Array.from({ length: 10 }, (_, index) => `s${index}`);
    for (const sessionId of ids) await sessions.createSession({ sessionId, owner });
    const shown: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof sessions.listSessions>> = await sessions.listSessions({
        owner,
        limit: 3,
        cursor,
      });
      shown.push(...page.sessions.map(({ sessionId }) => sessionId));
      cursor = page.cursor;
      await sessions.createSession({ owner });
      await sessions.deleteSession(shown.at(-1) ?? '');
    } while (cursor !== null);
    expect(shown).toEqual(ids.toReversed());
  });

  it('of one moment are not missed when the one that a page ended with has gone', async () => {
    const clock = manualClock();
    const sessions = manage(memoryStorage({ clock: clock.now }), { clock: clock.now });
    for (let index = 0; index < 8; index++) await sessions.createSession({ sessionId: `s${index}`, owner });
    const shown = new Set<string>();
    let page = await sessions.listSessions({ owner, limit: 2 });
    await sessions.deleteSession('s6');
    await clock.advance(1);
    await sessions.createSession({ sessionId: 's6', owner });
    for (;;) {
      for (const { sessionId } of page.sessions) shown.add(sessionId);
      if (page.cursor === null) break;
      page = await sessions.listSessions({ owner, limit: 2, cursor: page.cursor });
    }
    expect(shown.size).toBe(8);
  });

  it('can be those of one agent alone', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'sales', owner, agentId: 'sales' });
    await sessions.createSession({ sessionId: 'support', owner, agentId: 'support' });
    const page = await sessions.listSessions({ owner, agentId: 'sales' });
    expect(page.sessions.map(({ sessionId }) => sessionId)).toEqual(['sales']);
  });

  it('are looked for among the gone and the other agents’ for 200 in vain a page, and found by its cursor', async () => {
    const storage = memoryStorage();
    let reads = 0;
    const counting = override(storage, {
      read: (what) => {
        reads += 1;
        return storage.read(what);
      },
    });
    const sessions = manage(counting);
    await sessions.createSession({ sessionId: 'oldest', owner, agentId: 'sales' });
    for (let each = 0; each < 300; each++) {
      await sessions.createSession({ sessionId: `gone-${each}`, owner, agentId: 'sales' });
      await sessions.deleteSession(`gone-${each}`, { owner });
      await sessions.createSession({ sessionId: `other-${each}`, owner, agentId: 'support' });
    }
    const pages: [ids: string[], isWithinBounds: boolean][] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      reads = 0;
      const page: SessionPage<unknown> = await sessions.listSessions({ owner, agentId: 'sales', limit: 2, cursor });
      // Beside the looks: the index, and what is read at once with the last of them.
      pages.push([page.sessions.map(({ sessionId }) => sessionId), reads <= 220]);
      cursor = page.cursor;
    }
    expect(pages).toEqual([
      [[], true],
      [[], true],
      [['oldest'], true],
    ]);
  });

  it('are asked for with a limit and cursor that can be, or INVALID', async () => {
    const sessions = manage(memoryStorage());
    for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
      await expect(sessions.listSessions({ owner, limit })).rejects.toMatchObject({ code: 'INVALID', path: 'limit' });
    }
    for (const cursor of ['', 'x', '[]', '["a",1]', '{}']) {
      await expect(sessions.listSessions({ owner, cursor })).rejects.toMatchObject({ code: 'INVALID', path: 'cursor' });
    }
    await expect(sessions.listSessions({ owner: '' })).rejects.toMatchObject({ code: 'INVALID_ID', path: 'owner' });
  });

  it('are announced before they are made: one that dies in between leaves a hint, not a hidden session', async () => {
    const storage = memoryStorage();
    const dying = manage(flaky(storage, { isUnreachable: (commit) => commit === 2 }));
    expect(await dying.createSession({ owner })).toMatchObject({ error: { code: 'STORAGE' } });
    expect(await hints(storage)).toBe(1);
    expect(await manage(storage).listSessions({ owner })).toEqual({ sessions: [], failed: [], cursor: null });
  });

  it('cost one read more than there are to show, whatever else is stored', async () => {
    const { trips, counting } = counted(memoryStorage());
    const sessions = manage(counting);
    for (let index = 0; index < 300; index++) await sessions.createSession({ owner: `user-${index % 30}` });
    trips.reads = trips.commits = 0;
    expect((await sessions.listSessions({ owner })).sessions).toHaveLength(10);
    expect(trips).toEqual({ reads: 10, commits: 1 });
  });

  it('that cannot be read are told beside the others; a storage that fails is the failure of the call', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    for (const sessionId of ['good', 'bad']) await sessions.createSession({ sessionId, owner });
    const [entry] = (await storage.read({ entries: ['sessions:{bad}'] })).entries;
    await storage.commit({
      checks: [{ key: 'sessions:{bad}', version: entry?.version ?? null }],
      changes: [{ type: 'set', key: 'sessions:{bad}', value: 'corrupt', version: 'corrupt', ttlMs: null }],
    });
    const page = await sessions.listSessions({ owner });
    expect(page.sessions.map(({ sessionId }) => sessionId)).toEqual(['good']);
    expect(page.failed).toMatchObject([{ sessionId: 'bad', error: { code: 'INVALID_STATE' } }]);
    const failing = override(storage, { read: () => Promise.reject(new Error('disk')) });
    await expect(manage(failing).listSessions({ owner })).rejects.toMatchObject({ code: 'STORAGE' });
  });
});

describe('the list of an owner', () => {
  it('is put in order once half of it is dead, and keeps what may still be made', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { clock: clock.now });
    for (let index = 0; index < 8; index++) await sessions.createSession({ sessionId: `s${index}`, owner });
    for (let index = 0; index < 5; index++) await sessions.deleteSession(`s${index}`);
    await sessions.listSessions({ owner });
    expect(await hints(storage)).toBe(8);
    for (const sessionId of ['s5', 's6', 's7']) await sessions.touchSession(sessionId);
    await clock.advance(25 * 60_000);
    for (const sessionId of ['s5', 's6', 's7']) await sessions.touchSession(sessionId);
    await clock.advance(25 * 60_000);
    for (const sessionId of ['s5', 's6', 's7']) await sessions.touchSession(sessionId);
    await clock.advance(25 * 60_000);
    expect((await sessions.listSessions({ owner })).sessions.map(({ sessionId }) => sessionId)).toEqual([
      's7',
      's6',
      's5',
    ]);
    expect(await hints(storage)).toBe(3);
  });

  it('loses nothing that is announced while it is put in order', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { clock: clock.now, ttl: { idleMs: null } });
    for (let index = 0; index < 4; index++) await sessions.createSession({ sessionId: `s${index}`, owner });
    for (let index = 0; index < 3; index++) await sessions.deleteSession(`s${index}`);
    await clock.advance(2 * hour);
    let isLate = true;
    const racing = override(storage, {
      commit: async (transaction) => {
        const isRewrite = transaction.changes.some(({ type, key }) => type === 'truncate' && key === indexKey);
        if (isRewrite && isLate) {
          isLate = false;
          await sessions.createSession({ sessionId: 'late', owner });
        }
        return storage.commit(transaction);
      },
    });
    await manage(racing, { clock: clock.now, ttl: { idleMs: null } }).listSessions({ owner });
    expect(isLate).toBe(false);
    const listed = async () => (await sessions.listSessions({ owner })).sessions.map(({ sessionId }) => sessionId);
    expect(await listed()).toEqual(['late', 's3']);
    expect(await listed()).toEqual(['late', 's3']);
    expect(await hints(storage)).toBe(2);
  });

  it('is not mistaken for what it was when it has become as long again', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const options = { clock: clock.now, ttl: { idleMs: null } };
    const sessions = manage(storage, options);
    for (let index = 0; index < 4; index++) await sessions.createSession({ sessionId: `old${index}`, owner });
    for (let index = 0; index < 3; index++) await sessions.deleteSession(`old${index}`);
    await clock.advance(2 * hour);
    let [isLate, lengthInBetween] = [true, 0];
    const racing = override(storage, {
      commit: async (transaction) => {
        const isRewrite = transaction.changes.some(({ type, key }) => type === 'truncate' && key === indexKey);
        if (isRewrite && isLate) {
          isLate = false;
          await sessions.listSessions({ owner });
          for (let index = 0; index < 3; index++) await sessions.createSession({ sessionId: `new${index}`, owner });
          lengthInBetween = await hints(storage);
        }
        return storage.commit(transaction);
      },
    });
    await manage(racing, options).listSessions({ owner });
    expect([isLate, lengthInBetween]).toEqual([false, 4]);
    const page = await sessions.listSessions({ owner });
    expect(page.sessions.map(({ sessionId }) => sessionId)).toEqual(['new2', 'new1', 'new0', 'old3']);
  });

  it('shows an id once, however often it was made anew', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    for (let times = 0; times < 5; times++) {
      await sessions.createSession({ sessionId: 'again', owner });
      await sessions.deleteSession('again', { owner });
    }
    await sessions.createSession({ sessionId: 'other', owner });
    await sessions.createSession({ sessionId: 'again', owner });
    const page = await sessions.listSessions({ owner });
    expect(page.sessions.map(({ sessionId }) => sessionId)).toEqual(['again', 'other']);
    expect(await hints(storage)).toBe(2);
  });

  it('is not added to by asking for a session that is there', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    for (let times = 0; times < 3; times++) {
      await sessions.createSession({ sessionId: 'a', owner, ifExists: 'return' });
      await sessions.createSession({ sessionId: 'a', owner: 'user-8', ifExists: 'return' });
    }
    expect(await hints(storage)).toBe(1);
    expect((await sessions.listSessions({ owner: 'user-8' })).sessions).toEqual([]);
  });
});

describe('a session that is written for years', () => {
  it('is listed all the while, though nobody asks for the list', async () => {
    const day = 24 * hour;
    const clock = manualClock();
    const sessions = manage(memoryStorage({ clock: clock.now }), { clock: clock.now, ttl: { idleMs: 300 * day } });
    await sessions.createSession({ sessionId: 'old', owner });
    for (const days of [199, 199, 199, 3, 199, 150]) {
      await clock.advance(days * day);
      unwrap(await sessions.updateSession('old', increment));
    }
    const page = await sessions.listSessions({ owner });
    expect(page.sessions.map(({ sessionId }) => sessionId)).toEqual(['old']);
  });
});

describe('a session that nobody writes', () => {
  it('is listed for as long as somebody asks', async () => {
    const clock = manualClock();
    const sessions = manage(memoryStorage({ clock: clock.now }), { clock: clock.now, ttl: { idleMs: null } });
    await sessions.createSession({ sessionId: 'old', owner });
    for (let times = 0; times < 3; times++) {
      await clock.advance(399 * 24 * hour);
      expect((await sessions.listSessions({ owner })).sessions).toHaveLength(1);
    }
  });
});

describe('all that is kept of an owner', () => {
  it('can be had as plain data', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'a', owner, agentId: 'support', metadata: { plan: 'free' } });
    await sessions.updateSession('a', increment, { append: { log: ['first'] } });
    await sessions.createSession({ sessionId: 'foreign', owner: 'user-8' });
    const copy = await sessions.exportOwner(owner);
    expect(JSON.parse(JSON.stringify(copy))).toMatchObject({
      owner,
      failed: [],
      sessions: [
        {
          sessionId: 'a',
          agentId: 'support',
          metadata: { plan: 'free' },
          state: { count: 1 },
          lists: { log: ['first'] },
        },
      ],
    });
  });

  it('can be erased: sessions, lists and the list of them, and of nobody else', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { clock: clock.now });
    for (let index = 0; index < 40; index++) {
      await sessions.createSession({ sessionId: `s${index}`, owner });
      await sessions.updateSession(`s${index}`, increment, { append: { log: ['first'] } });
    }
    await sessions.createSession({ sessionId: 'foreign', owner: 'user-8' });
    expect(await sessions.eraseOwner(owner)).toEqual({ erased: 40, failed: [] });
    await clock.advance(hour);
    for (const sessionId of ['a', 'b']) await sessions.createSession({ sessionId, owner: 'user-8' });
    const left = (await storage.scan('', null, 1000)).found.map(({ key }) => key).toSorted();
    expect(left).toEqual([
      'sessions:owners:{user-8}',
      'sessions:{a}',
      'sessions:{a}:guard',
      'sessions:{b}',
      'sessions:{b}:guard',
    ]);
    expect(await sessions.eraseOwner(owner)).toEqual({ erased: 0, failed: [] });
  });

  it('is also what has expired and waits for a sweep', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { clock: clock.now, ttl: { idleMs: 1000, graceMs: hour } });
    await sessions.createSession({ sessionId: 'a', owner });
    await sessions.updateSession('a', increment, { append: { log: ['first'] } });
    await clock.advance(1000);
    expect((await sessions.listSessions({ owner })).sessions).toEqual([]);
    expect((await sessions.exportOwner(owner)).sessions).toMatchObject([{ sessionId: 'a', lists: { log: ['first'] } }]);
    expect(await sessions.eraseOwner(owner)).toEqual({ erased: 1, failed: [] });
    expect((await storage.scan('sessions:{', null, 10)).found).toEqual([]);
  });

  it('is erased as far as it can be; the rest is told and still listed', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    for (const sessionId of ['a', 'b', 'c']) await sessions.createSession({ sessionId, owner });
    const failing = override(storage, {
      commit: (transaction) => {
        const isOfB = transaction.changes.some(({ type, key }) => type === 'delete' && key === 'sessions:{b}');
        return isOfB ? Promise.reject(new Error('disk')) : storage.commit(transaction);
      },
    });
    expect(await manage(failing).eraseOwner(owner)).toMatchObject({ erased: 2, failed: [{ sessionId: 'b' }] });
    expect((await sessions.listSessions({ owner })).sessions.map(({ sessionId }) => sessionId)).toEqual(['b']);
    unwrap(await sessions.getSession('b', { owner }));
  });
});
