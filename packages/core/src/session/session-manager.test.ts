import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryStorage } from '../storage/memory.ts';
import { sqliteStorage } from '../storage/sqlite.ts';
import { unwrap } from './result.ts';
import { SessionManager } from './session-manager.ts';
import { counted, increment, manage, State } from './test-sessions.ts';

describe('a session', () => {
  it('is made, read, changed, reset and deleted', async () => {
    const sessions = manage(memoryStorage());
    const created = unwrap(await sessions.createSession({ metadata: { from: 'test' } }));
    expect(created).toMatchObject({ created: true, data: { count: 0 }, metadata: { from: 'test' } });
    const { sessionId } = created;
    const updated = unwrap(await sessions.updateSession(sessionId, increment));
    const read = unwrap(await sessions.getSession(sessionId));
    expect(read).toMatchObject({ data: { count: 1 }, version: updated.version, metadata: { from: 'test' } });
    expect(updated.version).not.toBe(created.version);
    expect(unwrap(await sessions.resetSession(sessionId)).data).toEqual({ count: 0 });
    expect(await sessions.deleteSession(sessionId)).toMatchObject({ success: true, data: true });
    expect(await sessions.deleteSession(sessionId)).toMatchObject({ success: true, data: false });
    expect(await sessions.getSession(sessionId)).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    expect(await sessions.updateSession(sessionId, increment)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it.each([true, false])('of an id that is taken is not made anew, looked for first: %s', async (looksFirst) => {
    const sessions = manage(memoryStorage());
    const mine = { sessionId: 'mine', owner: 'me', agentId: 'finance', looksFirst };
    await sessions.createSession(mine);
    await sessions.updateSession('mine', increment);
    const taken = { success: false, error: { code: 'EXISTS' } };
    expect(await sessions.createSession(mine)).toMatchObject(taken);
    expect(await sessions.createSession({ ...mine, ifExists: 'return' })).toMatchObject({
      created: false,
      data: { count: 1 },
    });
    for (const other of [{ owner: 'you' }, { owner: undefined }, { agentId: 'support' }, { agentId: undefined }]) {
      expect(await sessions.createSession({ ...mine, ...other, ifExists: 'return' })).toMatchObject(taken);
    }
    expect((await sessions.listSessions({ owner: 'you' })).sessions).toEqual([]);
    expect((await sessions.listSessions({ owner: 'me' })).sessions).toHaveLength(1);
  });

  it('of another owner or agent answers exactly like one that does not exist', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'hers', owner: 'her', agentId: 'finance' });
    const strangers = [
      { owner: 'me', agentId: 'finance' },
      { owner: 'her', agentId: 'support' },
    ];
    for (const access of strangers) {
      const answers = async (id: string) => [
        await sessions.getSession(id, access),
        await sessions.updateSession(id, increment, access),
        await sessions.touchSession(id, access),
        await sessions.resetSession(id, access),
        await sessions.deleteSession(id, access),
      ];
      const withoutId = (await answers('hers')).map((answer) => ({ ...answer, sessionId: '' }));
      expect(withoutId).toEqual((await answers('none')).map((answer) => ({ ...answer, sessionId: '' })));
    }
    expect(unwrap(await sessions.getSession('hers', { owner: 'her', agentId: 'finance' })).data).toEqual({ count: 0 });
  });

  it('has lists that grow in the same commit as its state, and are read in windows with it', async () => {
    const { trips, counting } = counted(memoryStorage());
    const sessions = manage(counting);
    const { sessionId } = unwrap(await sessions.createSession());
    await sessions.updateSession(sessionId, increment, { append: { log: [{ line: 1 }, 'two'] } });
    await sessions.updateSession(sessionId, increment, { append: { log: [3] } });
    trips.reads = 0;
    const { data, lists } = unwrap(await sessions.getSession(sessionId, { lists: { log: { start: -2 } } }));
    expect(trips.reads).toBe(1);
    expect([data.count, lists.log]).toEqual([2, { items: ['two', 3], length: 3 }]);
    await sessions.resetSession(sessionId);
    expect(unwrap(await sessions.getSession(sessionId, { lists: { log: {} } })).lists.log).toEqual({
      items: [],
      length: 0,
    });
  });

  it('has lists that can be cut in the same commit, before they grow again', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'a' });
    await sessions.updateSession('a', increment, { append: { log: ['one', 'two', 'three'] } });
    await sessions.updateSession('a', increment, { truncate: { log: 1 }, append: { log: ['other'] } });
    const read = async () => unwrap(await sessions.getSession('a', { lists: { log: {} } })).lists.log?.items;
    expect(await read()).toEqual(['one', 'other']);
    await sessions.updateSession('a', increment, { truncate: { log: 0 } });
    expect(await read()).toEqual([]);
    for (const log of [-1, 0.5, Number.NaN]) {
      expect(await sessions.updateSession('a', increment, { truncate: { log } })).toMatchObject({
        error: { code: 'INVALID', path: 'truncate.log' },
      });
    }
    expect(unwrap(await sessions.getSession('a')).data.count).toBe(3);
  });

  it('has lists of which a range reads no other key, and each under its own name', async () => {
    const storage = memoryStorage();
    const schema = z.object({ count: z.number() });
    const options = { storage, schema, initialState: () => ({ count: 0 }), lists: ['private', 'public'] as const };
    const sessions = new SessionManager(options);
    for (const owner of ['me', 'you']) {
      await sessions.createSession({ sessionId: owner, owner });
      const append = { private: [`secret of ${owner}`], public: ['hello'] };
      await sessions.updateSession(owner, (state) => state, { append });
    }
    const range = JSON.parse('{"start":-10,"key":"sessions:{you}:private"}');
    const read = await sessions.getSession('me', { owner: 'me', lists: { private: range } });
    expect(unwrap(read).lists.private?.items).toEqual(['secret of me']);
    const lists = Object.fromEntries([
      ['private', undefined],
      ['public', {}],
    ]);
    expect(unwrap(await sessions.getSession('me', { lists })).lists).toEqual({
      public: { items: ['hello'], length: 1 },
    });
  });

  it('has the lists that its manager names, and no other', async () => {
    const sessions = manage(memoryStorage());
    const { sessionId } = unwrap(await sessions.createSession());
    const misspelt = JSON.parse('{"logs":["lost"]}');
    const invalid = { success: false, error: { code: 'INVALID', path: 'lists' } };
    expect(await sessions.updateSession(sessionId, increment, { append: misspelt })).toMatchObject(invalid);
    expect(await sessions.getSession(sessionId, { lists: misspelt })).toMatchObject(invalid);
    for (const lists of [['guard'], ['a', 'a'], ['a:b'], ['']] as const) {
      const make = () =>
        new SessionManager({ storage: memoryStorage(), schema: State, initialState: () => ({ count: 0 }), lists });
      expect(make).toThrow(expect.objectContaining({ code: 'INVALID_ID' }));
    }
    const odd = new SessionManager({
      storage: memoryStorage(),
      schema: State,
      initialState: () => ({ count: 0 }),
      lists: ['constructor'],
    });
    const made = unwrap(await odd.createSession());
    expect(unwrap(await odd.updateSession(made.sessionId, increment)).data.count).toBe(1);
  });

  it('is given as a copy of one’s own, which changes nothing', async () => {
    const initial = { count: 0 };
    const sessions = manage(memoryStorage(), { initialState: () => initial, schema: z.any() });
    const created = unwrap(await sessions.createSession());
    const updated = unwrap(await sessions.updateSession(created.sessionId, (state) => state));
    for (const { data } of [created, updated]) data.count = 7;
    expect(initial.count).toBe(0);
    expect(unwrap(await sessions.getSession(created.sessionId)).data.count).toBe(0);
  });

  it('does not let a stranger wait for its owner', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'hers', owner: 'her' });
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const hers = sessions.updateSession('hers', async (state) => (await held, increment(state)), { owner: 'her' });
    expect(await sessions.updateSession('hers', increment, { owner: 'me' })).toMatchObject({
      error: { code: 'NOT_FOUND' },
    });
    release();
    expect(unwrap(await hers).data.count).toBe(1);
  });

  it('of one namespace is not seen from another, however the parts are cut', async () => {
    const storage = memoryStorage();
    const [one, other] = [manage(storage, { namespace: 'a' }), manage(storage, { namespace: 'a:b' })];
    await one.createSession({ sessionId: 'b:c' });
    await one.createSession({ sessionId: 'x}:guard' });
    for (const id of ['c', 'b:c', '{b:c}']) {
      expect(await other.getSession(id)).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    }
    expect(await one.getSession('x')).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
  });

  it('has an id, owner and agent of 1–256 characters without control characters, else INVALID_ID with the path', async () => {
    const sessions = manage(memoryStorage());
    const refused = { success: false, error: { code: 'INVALID_ID' } };
    for (const id of ['', 'x'.repeat(257), 'a\0b', 'a\nb', 'a\u009Fb', 'a\uD83D']) {
      expect(await sessions.createSession({ sessionId: id })).toMatchObject(refused);
      expect(await sessions.getSession(id)).toMatchObject(refused);
      expect(await sessions.createSession({ owner: id })).toMatchObject({
        error: { code: 'INVALID_ID', path: 'owner' },
      });
    }
    for (const id of ['x'.repeat(256), '界'.repeat(256), '__proto__', '*', '{}', '../../etc', 'a:b', '🛳']) {
      unwrap(await sessions.createSession({ sessionId: id }));
      expect(unwrap(await sessions.updateSession(id, increment)).data.count).toBe(1);
    }
  });
});

describe('an update', () => {
  it.each([
    ['memory', () => memoryStorage()],
    ['sqlite', () => sqliteStorage({ path: ':memory:' })],
  ])('is not lost among 1,000 at once on %s', async (_name, create) => {
    await using storage = create();
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    await Promise.all(Array.from({ length: 1000 }, () => sessions.updateSession(sessionId, increment)));
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(1000);
  });

  it('is not lost between managers that know nothing of each other', async () => {
    const storage = memoryStorage();
    const managers = [manage(storage), manage(storage), manage(storage)];
    const { sessionId } = unwrap(await manage(storage).createSession());
    const all = managers.flatMap((sessions) =>
      Array.from({ length: 50 }, () => sessions.updateSession(sessionId, increment)),
    );
    const results = await Promise.all(all);
    expect(results.filter(({ success }) => !success)).toEqual([]);
    expect(unwrap(await manage(storage).getSession(sessionId)).data.count).toBe(150);
  });

  it('costs a read and a commit, each refusal one more commit, and a read of the session one read', async () => {
    const storage = memoryStorage();
    const { trips, counting } = counted(storage);
    const sessions = manage(counting);
    const { sessionId } = unwrap(await sessions.createSession());
    expect(trips).toEqual({ reads: 0, commits: 1 });
    await sessions.getSession(sessionId);
    expect(trips).toEqual({ reads: 1, commits: 1 });
    await sessions.updateSession(sessionId, increment);
    expect(trips).toEqual({ reads: 2, commits: 2 });
    let interferences = 0;
    const interfered = await sessions.updateSession(sessionId, async (state) => {
      if (interferences++ < 2) await manage(storage).updateSession(sessionId, increment);
      return increment(state);
    });
    expect(unwrap(interfered).data.count).toBe(4);
    expect(trips).toEqual({ reads: 3, commits: 5 });
  });

  it('changes nothing when its function throws, and throws on what that threw', async () => {
    const sessions = manage(memoryStorage());
    const { sessionId, version } = unwrap(await sessions.createSession());
    const bug = new Error('a bug of the caller');
    await expect(sessions.updateSession(sessionId, () => Promise.reject(bug))).rejects.toBe(bug);
    expect(unwrap(await sessions.getSession(sessionId)).version).toBe(version);
  });

  it('catches a function that changes what it was given', async () => {
    const sessions = manage(memoryStorage());
    const { sessionId } = unwrap(await sessions.createSession());
    const careless = (state: State) => Object.assign(state, { count: 7 });
    await expect(sessions.updateSession(sessionId, careless)).rejects.toThrow(TypeError);
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(0);
  });

  it('refuses what the schema or JSON would not keep, with the path, and keeps what was there', async () => {
    const anything = new SessionManager({
      storage: memoryStorage(),
      schema: z.record(z.string(), z.unknown()),
      initialState: (): Record<string, unknown> => ({}),
    });
    const { sessionId } = unwrap(await anything.createSession());
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const lossy: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ when: new Date(0) }, 'state.when'],
      [{ seen: new Map() }, 'state.seen'],
      [{ list: [1, undefined] }, 'state.list[1]'],
      [{ deep: { sum: Number.NaN } }, 'state.deep.sum'],
      [{ big: 10n }, 'state.big'],
      [{ call: () => {} }, 'state.call'],
      [{ cycle }, 'state.cycle.self'],
    ];
    for (const [state, path] of lossy) {
      expect(await anything.updateSession(sessionId, () => state)).toMatchObject({
        error: { code: 'INVALID_STATE', path },
      });
    }
    expect(unwrap(await anything.getSession(sessionId)).data).toEqual({});
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId });
    const bad = JSON.parse('{"count":"many"}');
    expect(await sessions.updateSession(sessionId, () => bad)).toMatchObject({
      error: { code: 'INVALID_STATE', path: 'state.count' },
    });
    expect(await sessions.createSession({ metadata: { at: new Date() } })).toMatchObject({
      error: { code: 'INVALID_STATE', path: 'metadata.at' },
    });
  });

  it('in flight when its session is deleted ends in NOT_FOUND, and nothing comes back', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    const late = sessions.updateSession(
      sessionId,
      async (state) => {
        unwrap(await manage(storage).deleteSession(sessionId));
        return increment(state);
      },
      { append: { log: ['late'] } },
    );
    expect(await late).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    expect((await storage.scan('', null, 100)).found).toEqual([]);
  });

  it('meant for a deleted session does not reach a new one of the same id', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    const late = sessions.updateSession(sessionId, async (state) => {
      await manage(storage).deleteSession(sessionId);
      await manage(storage).createSession({ sessionId });
      return increment(state);
    });
    expect(await late).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(0);
  });
});
