import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StorageProvider } from '../storage/provider.ts';
import { memoryStorage } from '../storage/memory.ts';
import { sqliteStorage } from '../storage/sqlite.ts';
import { manualClock } from '../testing/clock.ts';
import { flaky } from '../testing/flaky.ts';
import { override } from '../testing/override.ts';
import { unwrap } from './result.ts';
import { SessionManager, type SessionManagerOptions } from './session-manager.ts';

const State = z.object({ count: z.number(), note: z.string().optional() });
type State = z.infer<typeof State>;
type Options = Partial<SessionManagerOptions<State, 'log'>>;

function manage(storage: StorageProvider, options: Options = {}): SessionManager<State, 'log'> {
  return new SessionManager({ storage, schema: State, initialState: () => ({ count: 0 }), lists: ['log'], ...options });
}

const increment = (state: State) => ({ ...state, count: state.count + 1 });

/** Keeps count of the round trips, and of what the provider was asked to change. */
function counted(storage: StorageProvider) {
  const trips = { reads: 0, commits: 0 };
  const counting = override(storage, {
    read: (reads) => {
      trips.reads += 1;
      return storage.read(reads);
    },
    commit: (transaction) => {
      trips.commits += 1;
      return storage.commit(transaction);
    },
  });
  return { trips, counting };
}

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

  it('of an id that is taken answers EXISTS, or is returned to whom it belongs', async () => {
    const sessions = manage(memoryStorage());
    const mine = { sessionId: 'mine', owner: 'me', agentId: 'finance' };
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

describe('over a bad network', () => {
  it('a write whose reply is lost takes effect once', async () => {
    const sessions = manage(flaky(memoryStorage(), { losesReply: (commit) => commit % 2 === 1 }));
    const { sessionId } = unwrap(await sessions.createSession());
    for (let times = 0; times < 20; times++) unwrap(await sessions.updateSession(sessionId, increment));
    const { data, lists } = unwrap(await sessions.getSession(sessionId, { lists: { log: {} } }));
    expect([data.count, lists.log?.length]).toEqual([20, 0]);
    expect(await sessions.deleteSession(sessionId)).toMatchObject({ success: true, data: true });
  });

  it('a write finds itself behind up to seven later ones, and says UNKNOWN_OUTCOME behind more', async () => {
    for (const [laterWrites, expected] of [
      [7, { success: true }],
      [8, { error: { code: 'UNKNOWN_OUTCOME' } }],
    ] as const) {
      const storage = memoryStorage();
      const { sessionId } = unwrap(await manage(storage).createSession());
      let commits = 0;
      const interposed = override(storage, {
        commit: async (transaction) => {
          const commit = await flaky(storage, { losesReply: () => commits++ === 0 })
            .commit(transaction)
            .catch(async (error: unknown) => {
              for (let times = 0; times < laterWrites; times++)
                await manage(storage).updateSession(sessionId, increment);
              throw error;
            });
          return commit;
        },
      });
      expect(await manage(interposed).updateSession(sessionId, increment)).toMatchObject(expected);
      expect(unwrap(await manage(storage).getSession(sessionId)).data.count).toBe(laterWrites + 1);
    }
  });

  it('a storage that fails is a STORAGE error, never an absent session, and is not written over', async () => {
    const storage = memoryStorage();
    const { sessionId } = unwrap(await manage(storage).createSession());
    unwrap(await manage(storage).updateSession(sessionId, increment));
    const down = override(storage, { read: () => Promise.reject(new Error('connection refused')) });
    const failure = { success: false, error: { code: 'STORAGE' } };
    expect(await manage(down).getSession(sessionId)).toMatchObject(failure);
    expect(await manage(down).updateSession(sessionId, increment)).toMatchObject(failure);
    expect(await manage(down).deleteSession(sessionId)).toMatchObject(failure);
    const unreachable = flaky(storage, { isUnreachable: () => true });
    expect(await manage(unreachable).createSession({ sessionId, ifExists: 'return' })).toMatchObject(failure);
    expect(unwrap(await manage(storage).getSession(sessionId)).data.count).toBe(1);
  });
});

describe('the life of a session', () => {
  const idleMs = 60_000;
  const clock = manualClock();
  const mortal = () => manage(memoryStorage({ clock: clock.now }), { ttl: { idleMs }, clock: clock.now });

  it('ends when it was idle for so long; writing and touching is activity, reading is not', async () => {
    const sessions = mortal();
    for (const sessionId of ['read', 'written', 'touched']) await sessions.createSession({ sessionId });
    await clock.advance(idleMs - 1);
    unwrap(await sessions.getSession('read'));
    unwrap(await sessions.updateSession('written', increment));
    unwrap(await sessions.touchSession('touched'));
    await clock.advance(1);
    expect(await sessions.getSession('read')).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    await clock.advance(idleMs - 2);
    unwrap(await sessions.getSession('written'));
    unwrap(await sessions.getSession('touched'));
    await clock.advance(1);
    for (const id of ['written', 'touched']) {
      expect(await sessions.touchSession(id)).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    }
  });

  it('is 30 minutes of idleness by default, and none with null', async () => {
    const storage = memoryStorage({ clock: clock.now });
    await manage(storage).createSession({ sessionId: 'default' });
    await manage(storage, { ttl: { idleMs: null } }).createSession({ sessionId: 'immortal' });
    await clock.advance(30 * 60_000 - 1);
    unwrap(await manage(storage).getSession('default'));
    await clock.advance(1);
    expect(await manage(storage).getSession('default')).toMatchObject({ error: { code: 'NOT_FOUND' } });
    unwrap(await manage(storage).getSession('immortal'));
    for (const bad of [0, -1, 0.5, Number.NaN]) {
      expect(() => manage(storage, { ttl: { idleMs: bad } })).toThrow(expect.objectContaining({ code: 'INVALID' }));
    }
  });

  it('is the same for its guard as for its record', async () => {
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { ttl: { idleMs }, clock: clock.now });
    await sessions.createSession({ sessionId: 'a' });
    for (const act of [
      () => sessions.updateSession('a', increment),
      () => sessions.touchSession('a'),
      () => sessions.resetSession('a'),
    ]) {
      await clock.advance(idleMs / 2);
      await act();
      expect((await storage.scan('', null, 10)).found.map(({ ttlMs }) => ttlMs)).toEqual([idleMs, idleMs]);
    }
  });

  it('is one for all of its keys: lists never die before it, and leave nothing to a later session of its id', async () => {
    const sessions = mortal();
    await sessions.createSession({ sessionId: 'long' });
    await sessions.updateSession('long', increment, { append: { log: ['first'] } });
    const activities = [() => sessions.updateSession('long', increment), () => sessions.touchSession('long')];
    for (const act of activities) {
      for (const waitMs of [idleMs / 2, idleMs - 1, idleMs / 2, idleMs - 1, idleMs - 1, 1, idleMs - 1]) {
        await clock.advance(waitMs);
        unwrap(await act());
      }
    }
    expect(unwrap(await sessions.getSession('long', { lists: { log: {} } })).lists.log?.items).toEqual(['first']);
    await clock.advance(idleMs);
    await sessions.createSession({ sessionId: 'long' });
    expect(unwrap(await sessions.getSession('long', { lists: { log: {} } })).lists.log?.items).toEqual([]);
  });
});

describe('a stored record', () => {
  const stored = (value: string) =>
    ({ type: 'set', key: 'sessions:{odd}', value, version: 'odd', ttlMs: null }) as const;

  it.each([
    ['not JSON', '{"state": secret', 'INVALID_STATE'],
    ['no record', '[]', 'INVALID_STATE'],
    ['of newer code', '{"format":99,"stateVersion":1}', 'NEWER_VERSION'],
  ])('that is %s is told apart, quoted nowhere and left as it is', async (_what, text, code) => {
    const storage = memoryStorage();
    await storage.commit({ checks: [{ key: 'sessions:{odd}', version: null }], changes: [stored(text)] });
    const result = await manage(storage).updateSession('odd', increment);
    expect(result).toMatchObject({ success: false, error: { code } });
    expect(JSON.stringify(result) + String(!result.success && result.error.stack)).not.toContain('secret');
    expect((await storage.read({ entries: ['sessions:{odd}'] })).entries[0]?.value).toBe(text);
  });

  it('is readable in the storage under the plain name of its session', async () => {
    const storage = memoryStorage();
    await manage(storage, { namespace: 'session' }).createSession({ sessionId: 'abc123', owner: 'user-7' });
    const { entries } = await storage.read({ entries: ['session:{abc123}', 'session:{abc123}:guard'] });
    const record: unknown = JSON.parse(entries[0]?.value ?? '');
    expect(record).toMatchObject({ format: 1, owner: 'user-7', state: { count: 0 }, writes: [entries[0]?.version] });
    expect(entries[1]?.version).toMatch(/^[0-9a-f]{64}$/);
  });
});
