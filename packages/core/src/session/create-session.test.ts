import { describe, expect, it } from 'vitest';
import { StateroomError } from '../errors.ts';
import { memoryStorage } from '../storage/memory.ts';
import { override } from '../storage/override.ts';
import { sqliteStorage } from '../storage/sqlite.ts';
import { manualClock } from '../testing/clock.ts';
import { flaky } from '../testing/flaky.ts';
import { unwrap } from './result.ts';
import { increment, manage } from './test-sessions.ts';

describe("ifExists: 'replace'", () => {
  it('puts a new session in the place of the old one, of which nothing stays', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    const old = unwrap(await sessions.createSession({ sessionId: 'a', owner: 'me', metadata: { run: 1 } }));
    await sessions.updateSession('a', increment, { append: { log: ['old'] } });
    const handle = sessions.handle('a', { owner: 'me' });
    unwrap(await handle.get());
    const made = unwrap(
      await sessions.createSession({ sessionId: 'a', owner: 'me', ifExists: 'replace', metadata: { run: 2 } }),
    );
    expect(made).toMatchObject({ created: true, data: { count: 0 }, metadata: { run: 2 } });
    expect(made.version).not.toBe(old.version);
    const read = unwrap(await sessions.getSession('a', { lists: { log: {} } }));
    expect(read).toMatchObject({ data: { count: 0 }, lists: { log: { length: 0 } } });
    // What the handle remembers is of a session that is no more; it is not laid over the new one.
    expect(unwrap(await handle.update(increment)).data.count).toBe(1);
    expect(unwrap(await sessions.getSession('a')).metadata).toEqual({ run: 2 });
  });

  it("leaves another owner's or agent's alone, and makes one where there is none", async () => {
    const sessions = manage(memoryStorage());
    const mine = { sessionId: 'a', owner: 'me', agentId: 'sales' };
    expect(await sessions.createSession({ ...mine, ifExists: 'replace' })).toMatchObject({ created: true });
    await sessions.updateSession('a', increment);
    for (const other of [{ owner: 'you' }, { agentId: 'support' }, { owner: undefined, agentId: undefined }]) {
      const refused = await sessions.createSession({ ...mine, ...other, ifExists: 'replace' });
      expect(refused).toMatchObject({ success: false, error: { code: 'EXISTS' } });
    }
    expect(unwrap(await sessions.getSession('a')).data.count).toBe(1);
  });

  it('is one of many that race, and all of them are told the truth', async () => {
    const storage = memoryStorage();
    const [one, other] = [manage(storage), manage(storage)];
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, run) =>
        (run % 2 === 0 ? one : other).createSession({ sessionId: 'a', ifExists: 'replace', metadata: { run } }),
      ),
    );
    expect(results.map((result) => result.success && result.created)).toEqual(results.map(() => true));
    const left = unwrap(await manage(storage).getSession('a'));
    const last = results.find((result) => result.success && result.version === left.version);
    expect(last).toMatchObject({ metadata: left.metadata });
  });

  it('is listed among its owner’s, also when the old one had expired and was forgotten there', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const day = 24 * 60 * 60_000;
    const sessions = manage(storage, { clock: clock.now, ttl: { idleMs: 1000, graceMs: day } });
    unwrap(await sessions.createSession({ sessionId: 'a', owner: 'me' }));
    await clock.advance(day / 2);
    expect((await sessions.listSessions({ owner: 'me' })).sessions).toEqual([]);
    unwrap(await sessions.createSession({ sessionId: 'a', owner: 'me', ifExists: 'replace' }));
    expect((await sessions.listSessions({ owner: 'me' })).sessions.map(({ sessionId }) => sessionId)).toEqual(['a']);
  });

  it('of an unknown kind of ifExists is refused', async () => {
    const options = JSON.parse('{"sessionId":"a","ifExists":"overwrite"}');
    const refused = { error: { code: 'INVALID', path: 'ifExists' } };
    expect(await manage(memoryStorage()).createSession(options)).toMatchObject(refused);
  });

  it('whose reply was lost is sent again, and done once', async () => {
    const storage = memoryStorage();
    await manage(storage).createSession({ sessionId: 'a' });
    const sessions = manage(flaky(storage, { losesReply: (commit) => commit === 2 }));
    expect(await sessions.createSession({ sessionId: 'a', ifExists: 'replace' })).toMatchObject({ created: true });
  });
});

describe('parallel creation of one id', () => {
  it('succeeds once; the others are told, or given the one that was made', async () => {
    const storage = memoryStorage();
    const create = (ifExists: 'error' | 'return') =>
      Promise.all(
        Array.from({ length: 10 }, (_, run) =>
          manage(storage).createSession({ sessionId: `a-${ifExists}`, ifExists, metadata: { run } }),
        ),
      );
    const refused = await create('error');
    expect(refused.filter(({ success }) => success)).toHaveLength(1);
    const returned = (await create('return')).map(unwrap);
    expect(returned.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(returned.map(({ version }) => version)).size).toBe(1);
  });

  it('makes no two ids alike, and none that can be guessed from the time', async () => {
    const sessions = manage(memoryStorage());
    const ids = await Promise.all(
      Array.from({ length: 1000 }, async () => unwrap(await sessions.createSession()).sessionId),
    );
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^[\w-]{24}$/);
  });
});

describe('maxSessions', () => {
  it('is never passed, however many are made at once and by whom; the dead make room', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const options = { maxSessions: 100, clock: clock.now, ttl: { idleMs: 60_000 } };
    const [one, other] = [manage(storage, options), manage(storage, options)];
    const create = async () => {
      const results = await Promise.all(
        Array.from({ length: 150 }, (_, index) => (index % 2 === 0 ? one : other).createSession()),
      );
      return results.map((result) => (result.success ? result.sessionId : result.error.code));
    };
    const made = await create();
    expect(made.filter((answer) => answer === 'LIMIT')).toHaveLength(50);
    expect((await manage(storage).stats()).sessions).toBe(100);
    const [first, second] = made.filter((answer) => answer !== 'LIMIT');
    for (const sessionId of [first, second]) await manage(storage).deleteSession(sessionId ?? '');
    expect((await create()).filter((answer) => answer !== 'LIMIT')).toHaveLength(2);
    await clock.advance(60_000);
    expect((await create()).filter((answer) => answer === 'LIMIT')).toHaveLength(50);
  });

  it('with evict-idle makes room by the session that was written to longest ago, and tells of it', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { maxSessions: 3, whenFull: 'evict-idle', clock: clock.now });
    const evicted: string[] = [];
    sessions.on('deleted', ({ sessionId }) => evicted.push(sessionId));
    for (const sessionId of ['a', 'b', 'c']) {
      await clock.advance(1);
      await sessions.createSession({ sessionId });
    }
    await clock.advance(1);
    await sessions.updateSession('a', increment);
    for (const sessionId of ['d', 'e']) {
      await clock.advance(1);
      unwrap(await sessions.createSession({ sessionId }));
    }
    expect(evicted).toEqual(['b', 'c']);
    const left = await sessions.stats({ summary: ({ count }) => count });
    expect(left.summaries.map(({ sessionId }) => sessionId).toSorted()).toEqual(['a', 'd', 'e']);
  });

  it('with evict-idle hands each over, lists and all, before it goes; what is written meanwhile stays', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const saved: unknown[] = [];
    let whileSaving = async () => {};
    const sessions = manage(storage, {
      maxSessions: 2,
      whenFull: 'evict-idle',
      clock: clock.now,
      onEvict: async ({ sessionId, data, lists }) => {
        saved.push([sessionId, data.count, lists.log?.items]);
        await whileSaving();
      },
    });
    for (const sessionId of ['a', 'b']) {
      unwrap(await sessions.createSession({ sessionId }));
      await clock.advance(1);
      unwrap(await sessions.updateSession(sessionId, increment, { append: { log: [sessionId] } }));
      await clock.advance(1);
    }
    unwrap(await sessions.createSession({ sessionId: 'c' }));
    expect(saved).toEqual([['a', 1, ['a']]]);
    whileSaving = async () => {
      whileSaving = async () => {};
      await clock.advance(1);
      unwrap(await sessions.updateSession('b', increment));
    };
    unwrap(await sessions.createSession({ sessionId: 'd' }));
    expect(saved.slice(1)).toEqual([
      ['b', 1, ['b']],
      ['c', 0, []],
    ]);
    const left = await sessions.stats({ summary: ({ count }) => count });
    const counts = left.summaries.map(({ sessionId, summary }) => [sessionId, summary] as const);
    expect(Object.fromEntries(counts)).toEqual({ b: 2, d: 0 });
  });

  it('with evict-idle makes no room by a session that could not be handed over', async () => {
    const onEvict = () => Promise.reject(new TypeError('the disk is full'));
    const sessions = manage(memoryStorage(), { maxSessions: 1, whenFull: 'evict-idle', onEvict });
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    await expect(sessions.createSession({ sessionId: 'b' })).rejects.toThrow('the disk is full');
    expect((await sessions.getSession('a')).success).toBe(true);
    expect((await sessions.getSession('b')).success).toBe(false);
  });

  it('is not passed by putting new sessions in the place of expired ones', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { maxSessions: 2, clock: clock.now, ttl: { idleMs: 1000, graceMs: 60_000 } });
    for (const sessionId of ['a', 'b']) unwrap(await sessions.createSession({ sessionId }));
    await clock.advance(1000);
    for (const sessionId of ['c', 'd']) unwrap(await sessions.createSession({ sessionId }));
    const again = await sessions.createSession({ sessionId: 'a', ifExists: 'replace' });
    expect(again).toMatchObject({ error: { code: 'LIMIT' } });
    expect((await sessions.stats()).sessions).toBe(2);
  });

  it('is not said to be reached when nobody can tell', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage, { maxSessions: 1 });
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    for (const code of ['STORAGE', 'TIMEOUT'] as const) {
      const failing = override(storage, { read: () => Promise.reject(new StateroomError(code, 'no answer')) });
      expect(await manage(failing, { maxSessions: 1 }).createSession()).toMatchObject({ error: { code } });
    }
  });

  it('announces nobody who finds no room', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage, { maxSessions: 1 });
    unwrap(await sessions.createSession({ owner: 'me' }));
    for (let times = 0; times < 5; times++) await sessions.createSession({ owner: 'me' });
    const { lists } = await storage.read({ lists: [{ key: 'sessions:owners:{me}' }] });
    expect(lists[0]?.length).toBe(1);
  });

  it('leaves what is there alone: reading, replacing and asking for one that exists need no room', async () => {
    const sessions = manage(memoryStorage(), { maxSessions: 1 });
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    for (const ifExists of ['return', 'replace'] as const) {
      for (const looksFirst of [true, false])
        unwrap(await sessions.createSession({ sessionId: 'a', ifExists, looksFirst }));
    }
    expect(await sessions.createSession({ sessionId: 'a' })).toMatchObject({ error: { code: 'EXISTS' } });
    expect(await sessions.createSession({ sessionId: 'b' })).toMatchObject({ error: { code: 'LIMIT' } });
  });

  it('is refused where nobody can count, and where it is no number', async () => {
    await using shared = sqliteStorage({ path: ':memory:' });
    expect(() => manage(shared, { maxSessions: 100 })).toThrow(
      expect.objectContaining({ code: 'INVALID', path: 'maxSessions' }),
    );
    for (const maxSessions of [0, -1, 1.5, Number.NaN]) {
      expect(() => manage(memoryStorage(), { maxSessions })).toThrow(expect.objectContaining({ code: 'INVALID' }));
    }
  });
});

describe('a session that begins with content', () => {
  it.each(['error', 'replace'] as const)('has its state and lists at once, and nothing else: %s', async (ifExists) => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    if (ifExists === 'replace') {
      unwrap(await sessions.createSession({ sessionId: 'a' }));
      unwrap(await sessions.updateSession('a', increment, { append: { log: ['old'] } }));
    }
    const content = { state: { count: 7 }, lists: { log: ['one', 'two'] } };
    unwrap(await sessions.createSession({ sessionId: 'a', ifExists, content }));
    const found = unwrap(await sessions.getSession('a', { lists: { log: {} } }));
    expect([found.data, found.lists.log?.items]).toEqual([{ count: 7 }, ['one', 'two']]);
    unwrap(await sessions.updateSession('a', increment, { append: { log: ['three'] } }));
    expect(unwrap(await sessions.getSession('a', { lists: { log: {} } })).lists.log?.length).toBe(3);
  });
});
