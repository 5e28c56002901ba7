import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryStorage } from '../storage/memory.ts';
import { override } from '../storage/override.ts';
import { sqliteStorage } from '../storage/sqlite.ts';
import { manualClock } from '../testing/clock.ts';
import { flaky } from '../testing/flaky.ts';
import { unwrap } from './result.ts';
import { SessionManager } from './session-manager.ts';
import { increment, manage } from './test-sessions.ts';

const minute = 60_000;
const gone = { success: false, error: { code: 'NOT_FOUND' } };

type Options = { readonly clock?: () => number };
const engines = [
  { engine: 'memory', open: memoryStorage },
  { engine: 'SQLite', open: (options: Options = {}) => sqliteStorage({ path: ':memory:', ...options }) },
];
let namespaces = 0;

/** Each scenario is one in which a session system in use went wrong. */
describe.each(engines)('what went wrong elsewhere does not on $engine', ({ open }) => {
  function room(options: Parameters<typeof manage>[1] = {}) {
    const clock = manualClock();
    const storage = open({ clock: clock.now });
    const common = { clock: clock.now, namespace: `room-${namespaces++}`, ...options };
    return { clock, storage, sessions: manage(storage, common), again: () => manage(storage, common) };
  }

  it('a session that is used at 29 minutes is there at 30', async () => {
    const { clock, sessions } = room();
    await sessions.createSession({ sessionId: 'a' });
    await clock.advance(29 * minute);
    unwrap(await sessions.updateSession('a', increment));
    await clock.advance(minute + 1000);
    expect(unwrap(await sessions.getSession('a')).data.count).toBe(1);
  });

  it('what was idle for two hours is not read, though nobody has swept', async () => {
    const { clock, sessions } = room({ ttl: { idleMs: 60 * minute } });
    await sessions.createSession({ sessionId: 'a' });
    await clock.advance(120 * minute);
    expect(await sessions.getSession('a')).toMatchObject(gone);
  });

  it('one who polls for an hour stays, where reading is activity', async () => {
    const { clock, sessions } = room({ ttl: { idleMs: 60 * minute, slideOn: 'read' } });
    await sessions.createSession({ sessionId: 'a' });
    for (let minutes = 0; minutes < 120; minutes += 10) {
      unwrap(await sessions.getSession('a'));
      await clock.advance(10 * minute);
    }
    expect((await sessions.getSession('a')).success).toBe(true);
  });

  it('what expired goes without a new session having to come', async () => {
    const { clock, storage, sessions } = room();
    for (let index = 0; index < 500; index++) await sessions.createSession();
    await clock.advance(90 * minute);
    expect((await sessions.stats()).sessions).toBe(0);
    expect((await storage.scan('', null, 1000)).found).toEqual([]);
  });

  it('a handle of a deleted session does nothing', async () => {
    const { sessions } = room();
    await sessions.createSession({ sessionId: 'a' });
    const handle = sessions.handle('a');
    unwrap(await handle.get());
    await sessions.deleteSession('a');
    expect(await handle.update(increment)).toMatchObject(gone);
  });

  it('there is one copy of a state, whoever asks for it', async () => {
    const { sessions, again } = room();
    await sessions.createSession({ sessionId: 'a' });
    const handle = sessions.handle('a');
    unwrap(await handle.get());
    unwrap(await again().updateSession('a', increment));
    expect(unwrap(await handle.get()).data).toEqual(unwrap(await sessions.getSession('a')).data);
  });

  it('every call tells a missing session in the same way', async () => {
    const { sessions } = room();
    const handle = sessions.handle('a');
    const calls = [
      sessions.getSession('a'),
      sessions.updateSession('a', increment),
      sessions.touchSession('a'),
      sessions.resetSession('a'),
      handle.get(),
      handle.update(increment),
    ];
    for (const result of await Promise.all(calls)) expect(result).toMatchObject(gone);
  });

  it('an idle game can be saved before it goes, and is dropped by nobody who did not say so', async () => {
    const { clock, sessions } = room({ ttl: { idleMs: minute, graceMs: minute } });
    await sessions.createSession({ sessionId: 'a' });
    await sessions.updateSession('a', increment);
    expect(unwrap(await sessions.createSession({ sessionId: 'a', ifExists: 'return' })).data.count).toBe(1);
    await clock.advance(minute);
    const saved: number[] = [];
    await sessions.sweep({ onExpire: async ({ data }) => void saved.push(data.count) });
    expect(saved).toEqual([1]);
  });

  it('an id that looks like a path is an id', async () => {
    const { sessions } = room();
    unwrap(await sessions.createSession({ sessionId: 'x/../../outside' }));
    unwrap(await sessions.getSession('x/../../outside'));
    expect(await sessions.getSession('outside')).toMatchObject(gone);
    expect(existsSync('../outside') || existsSync('outside')).toBe(false);
  });

  it('a record cut short is told as such, not as no session, and is not written over', async () => {
    const { storage } = room();
    const sessions = manage(storage, { namespace: 'cut' });
    const text = '{"format":2,"state":{"co';
    const set = { type: 'set', key: 'cut:{a}', value: text, version: 'cut', ttlMs: null } as const;
    await storage.commit({ checks: [{ key: 'cut:{a}', version: null }], changes: [set] });
    const corrupt = { success: false, error: { code: 'INVALID_STATE' } };
    expect(await sessions.getSession('a')).toMatchObject(corrupt);
    expect(await sessions.createSession({ sessionId: 'a', ifExists: 'return' })).toMatchObject(corrupt);
    expect((await storage.read({ entries: ['cut:{a}'] })).entries[0]?.value).toBe(text);
  });

  it('what is saved is all of a state, and what is wrong is refused when it is written and when it is read', async () => {
    const { storage } = room();
    const Game = z.strictObject({ wealth: z.number(), isOver: z.boolean(), event: z.string().nullable() });
    const initialState = () => ({ wealth: 500, isOver: false, event: null });
    const sessions = new SessionManager({ storage, namespace: 'game', schema: Game, initialState });
    await sessions.createSession({ sessionId: 'a', owner: 'me' });
    const over = { wealth: 1, isOver: true, event: 'lost' };
    unwrap(await sessions.updateSession('a', () => over));
    expect((await sessions.exportOwner('me')).sessions[0]?.state).toEqual(over);
    const wrong = (state: z.infer<typeof Game>) => Object.assign({ ...state }, JSON.parse('{"wealth":"lots"}'));
    expect(await sessions.updateSession('a', wrong)).toMatchObject({
      error: { code: 'INVALID_STATE', path: 'state.wealth' },
    });
    const Other = z.strictObject({ wealth: z.string() });
    const others = new SessionManager({
      storage,
      namespace: 'game',
      schema: Other,
      initialState: () => ({ wealth: '' }),
    });
    expect(await others.getSession('a')).toMatchObject({ error: { code: 'INVALID_STATE' } });
    expect(unwrap(await sessions.getSession('a')).data).toEqual(over);
  });

  it('an action that fails half way has done nothing', async () => {
    const { sessions } = room();
    await sessions.createSession({ sessionId: 'a' });
    const failing = sessions.updateSession('a', (state) => {
      const spent = { ...state, count: state.count - 30 };
      throw new Error(`no target for ${spent.count}`);
    });
    await expect(failing).rejects.toThrow('no target');
    expect(unwrap(await sessions.getSession('a')).data.count).toBe(0);
  });

  it('reading changes nothing, and changing what was read changes nothing', async () => {
    const { sessions } = room();
    await sessions.createSession({ sessionId: 'a', metadata: { tags: ['one'] } });
    const before = unwrap(await sessions.getSession('a'));
    before.data.count = 99;
    Object.assign(before.metadata, { tags: 'changed' });
    const after = unwrap(await sessions.getSession('a'));
    expect([after.data.count, after.metadata, after.version]).toEqual([0, { tags: ['one'] }, before.version]);
  });

  it('a session that takes long keeps no other waiting', async () => {
    const { sessions } = room();
    for (const sessionId of ['slow', 'quick']) await sessions.createSession({ sessionId });
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = sessions.updateSession('slow', async (state) => {
      await promise;
      return increment(state);
    });
    unwrap(await sessions.updateSession('quick', increment));
    order.push('quick');
    resolve();
    unwrap(await slow);
    order.push('slow');
    expect(order).toEqual(['quick', 'slow']);
  });

  it('nobody writes over what is somebody else’s', async () => {
    const { sessions } = room();
    await sessions.createSession({ sessionId: 'slot-0', owner: 'me' });
    await sessions.updateSession('slot-0', increment, { owner: 'me' });
    const you = { owner: 'you' };
    expect(await sessions.updateSession('slot-0', increment, you)).toMatchObject(gone);
    expect(await sessions.createSession({ sessionId: 'slot-0', ...you, ifExists: 'replace' })).toMatchObject({
      error: { code: 'EXISTS' },
    });
    expect(unwrap(await sessions.getSession('slot-0', { owner: 'me' })).data.count).toBe(1);
  });

  it('a read amid a write does not undo it', async () => {
    const { sessions, again } = room({ ttl: { idleMs: minute, slideOn: 'read' } });
    await sessions.createSession({ sessionId: 'a' });
    await Promise.all([
      ...Array.from({ length: 20 }, () => again().updateSession('a', increment)),
      ...Array.from({ length: 20 }, () => again().getSession('a')),
    ]);
    expect(unwrap(await sessions.getSession('a')).data.count).toBe(20);
  });

  it.each(['updateSession', 'touchSession', 'getSession', 'resetSession'] as const)(
    'what is deleted during %s stays deleted',
    async (call) => {
      const { clock, storage } = room();
      const options = {
        namespace: `deleted-${call}`,
        clock: clock.now,
        ttl: { idleMs: minute, slideOn: 'read' },
      } as const;
      const sessions = manage(storage, options);
      await sessions.createSession({ sessionId: 'a' });
      await clock.advance(minute / 2);
      const deleting = override(storage, {
        read: async (reads) => {
          const snapshot = await storage.read(reads);
          await sessions.deleteSession('a');
          return snapshot;
        },
      });
      const racing = manage(deleting, options);
      await (call === 'updateSession' ? racing.updateSession('a', increment) : racing[call]('a'));
      expect(await sessions.getSession('a')).toMatchObject(gone);
      expect((await storage.scan(`deleted-${call}`, null, 10)).found).toEqual([]);
    },
  );

  it('a name that is changed while the session is kept alive stays changed', async () => {
    const { storage } = room();
    const sessions = manage(storage, { namespace: 'kept' });
    await sessions.createSession({ sessionId: 'a' });
    const racing = override(storage, {
      read: async (reads) => {
        const snapshot = await storage.read(reads);
        await sessions.updateSession('a', (state) => ({ ...state, note: 'new' }));
        return snapshot;
      },
    });
    unwrap(await manage(racing, { namespace: 'kept' }).touchSession('a'));
    expect(unwrap(await sessions.getSession('a')).data.note).toBe('new');
  });

  it('what has expired is not kept alive by being refreshed', async () => {
    const { clock, sessions } = room({ ttl: { idleMs: minute } });
    await sessions.createSession({ sessionId: 'a' });
    await clock.advance(minute);
    expect(await sessions.touchSession('a')).toMatchObject(gone);
    expect(await sessions.getSession('a')).toMatchObject(gone);
  });

  it('of two who make one session the second is told, and learns nothing of what is in it', async () => {
    const { sessions } = room();
    const [first, second] = await Promise.all(
      ['me', 'you'].map((owner) => sessions.createSession({ sessionId: 'known', owner, metadata: { secret: owner } })),
    );
    const [made, told] = first?.success ? [first, second] : [second, first];
    expect(made).toMatchObject({ success: true, created: true });
    expect(told).toMatchObject({ success: false, error: { code: 'EXISTS' } });
    expect(JSON.stringify(told)).not.toContain('secret');
  });

  it('an update that waits is stored as what it waited for, and moves no session to another id', async () => {
    const { sessions } = room();
    await sessions.createSession({ sessionId: 'a' });
    const { data } = unwrap(
      await sessions.updateSession('a', async (state) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return Object.assign(increment(state), { sessionId: 'b' });
      }),
    );
    expect(data).toEqual({ count: 1 });
    expect(await sessions.getSession('b')).toMatchObject(gone);
  });

  it('times are numbers, before and after a trip through the storage', async () => {
    const { clock, sessions } = room();
    const made = unwrap(await sessions.createSession({ sessionId: 'a' }));
    const read = unwrap(await sessions.getSession('a'));
    expect([made.createdAt, read.createdAt, read.updatedAt]).toEqual([clock.now(), clock.now(), clock.now()]);
  });

  it('a storage that fails is told as that, and nothing is made anew in its place', async () => {
    const { storage } = room();
    let isDown = false;
    const sessions = manage(flaky(storage, { isDown: () => isDown }), { namespace: 'down' });
    await sessions.createSession({ sessionId: 'a' });
    await sessions.updateSession('a', increment);
    isDown = true;
    for (const call of [
      () => sessions.getSession('a'),
      () => sessions.createSession({ sessionId: 'a', ifExists: 'return' }),
      () => sessions.updateSession('a', increment),
      () => sessions.deleteSession('a'),
    ]) {
      expect(await call()).toMatchObject({ success: false, error: { code: 'STORAGE' } });
    }
    isDown = false;
    expect(unwrap(await sessions.getSession('a')).data.count).toBe(1);
  });

  it('a namespace and an id are never read as another namespace and id, nor said twice in a key', async () => {
    const { storage } = room();
    const at = (namespace: string) => manage(storage, { namespace });
    await at('a').createSession({ sessionId: 'b:c' });
    expect(await at('a:b').getSession('c')).toMatchObject(gone);
    const keys = (await storage.scan('a:', null, 10)).found.map(({ key }) => key);
    expect(keys.toSorted()).toEqual(['a:{b%3Ac}', 'a:{b%3Ac}:guard']);
  });

  it('managers leave no timers behind', async () => {
    const { storage } = room();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    for (let index = 0; index < 50; index++) {
      const sessions = manage(storage, { namespace: `timers-${index}`, ttl: { graceMs: 1000 } });
      await sessions.createSession({ sessionId: 'a' });
      await sessions.updateSession('a', increment);
      sessions.sweepEvery(60_000);
      await sessions.close();
    }
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it.each([
    ['a bigint', 1n],
    ['a Date', new Date(0)],
    ['a Set', new Set([1])],
    ['NaN', Number.NaN],
  ])('%s in a state is refused with its path, not stored as something else', async (_name, odd) => {
    const { storage } = room();
    const schema = z.object({ odd: z.unknown() });
    const sessions = new SessionManager({ storage, namespace: 'odd', schema, initialState: () => ({ odd: 1 }) });
    await sessions.createSession({ sessionId: 'a', ifExists: 'return' });
    expect(await sessions.updateSession('a', () => ({ odd }))).toMatchObject({
      error: { code: 'INVALID_STATE', path: 'state.odd' },
    });
    expect(unwrap(await sessions.getSession('a')).data).toEqual({ odd: 1 });
  });

  it('an update makes no session', async () => {
    const { storage } = room();
    const sessions = manage(storage, { namespace: 'none' });
    expect(await sessions.updateSession('alice-1700000000000', increment)).toMatchObject(gone);
    expect((await storage.scan('none', null, 10)).found).toEqual([]);
  });
});
