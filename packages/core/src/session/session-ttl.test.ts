import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { manualClock } from '../testing/clock.ts';
import { unwrap } from './result.ts';
import { counted, increment, manage } from './test-sessions.ts';
import type { TtlOptions } from './ttl.ts';

const idleMs = 60_000;
const absoluteMs = 150_000;
const gone = { success: false, error: { code: 'NOT_FOUND' } };

function room(ttl: TtlOptions) {
  const clock = manualClock();
  const storage = memoryStorage({ clock: clock.now });
  const sessions = manage(storage, { ttl, clock: clock.now });
  return { clock, storage, sessions };
}

describe('an absolute end', () => {
  it('comes however active the session is, to the millisecond', async () => {
    const { clock, sessions } = room({ idleMs, absoluteMs });
    await sessions.createSession({ sessionId: 'a' });
    for (let times = 0; times < 2; times++) {
      await clock.advance(idleMs - 1);
      unwrap(await sessions.updateSession('a', increment));
    }
    await clock.advance(absoluteMs - 2 * (idleMs - 1) - 1);
    unwrap(await sessions.touchSession('a'));
    await clock.advance(1);
    expect(await sessions.getSession('a')).toMatchObject(gone);
    expect(await sessions.updateSession('a', increment)).toMatchObject(gone);
  });

  it('alone is not moved by writes, touches or resets', async () => {
    const { clock, sessions } = room({ idleMs: null, absoluteMs });
    await sessions.createSession({ sessionId: 'a' });
    await clock.advance(absoluteMs - 1);
    unwrap(await sessions.updateSession('a', increment));
    unwrap(await sessions.touchSession('a'));
    unwrap(await sessions.resetSession('a'));
    await clock.advance(1);
    expect(await sessions.touchSession('a')).toMatchObject(gone);
  });

  it('does not outlive an idle time, and lists do not end before either', async () => {
    const { clock, sessions } = room({ idleMs, absoluteMs: 10 * idleMs });
    await sessions.createSession({ sessionId: 'a' });
    await sessions.updateSession('a', increment, { append: { log: ['first'] } });
    for (let times = 0; times < 9; times++) {
      await clock.advance(idleMs - 1);
      unwrap(await sessions.touchSession('a'));
    }
    expect(unwrap(await sessions.getSession('a', { lists: { log: {} } })).lists.log?.items).toEqual(['first']);
    await clock.advance(idleMs);
    expect(await sessions.getSession('a')).toMatchObject(gone);
  });
});

describe('what counts as activity', () => {
  it.each([
    { slideOn: 'touch', written: false, read: false },
    { slideOn: 'write', written: true, read: false },
    { slideOn: 'read', written: true, read: true },
  ] as const)('is said by slideOn: $slideOn', async ({ slideOn, written, read }) => {
    const { clock, sessions } = room({ idleMs, slideOn });
    for (const sessionId of ['touched', 'written', 'read']) await sessions.createSession({ sessionId });
    await clock.advance(idleMs - 1);
    unwrap(await sessions.touchSession('touched'));
    unwrap(await sessions.updateSession('written', increment));
    unwrap(await sessions.getSession('read'));
    await clock.advance(idleMs - 1);
    const isAlive = async (id: string) => (await sessions.getSession(id)).success;
    expect([await isAlive('touched'), await isAlive('written'), await isAlive('read')]).toEqual([true, written, read]);
  });

  it('is noted at most once in a tenth of the idle time when reading is activity, and costs a trip then alone', async () => {
    const clock = manualClock();
    const { trips, counting } = counted(memoryStorage({ clock: clock.now }));
    const sessions = manage(counting, { ttl: { idleMs, slideOn: 'read' }, clock: clock.now });
    await sessions.createSession({ sessionId: 'a' });
    trips.commits = 0;
    for (let tenths = 0; tenths < 100; tenths++) {
      unwrap(await sessions.getSession('a'));
      await clock.advance(idleMs / 100);
    }
    // The first tenth was the creation's.
    expect(trips.commits).toBe(9);
  });

  it('is not the reading of a stranger, and a read never brings an older state back', async () => {
    const { clock, sessions, storage } = room({ idleMs, slideOn: 'read' });
    await sessions.createSession({ sessionId: 'a', owner: 'me' });
    await clock.advance(idleMs - 1);
    expect(await sessions.getSession('a', { owner: 'you' })).toMatchObject(gone);
    await clock.advance(1);
    expect(await sessions.getSession('a', { owner: 'me' })).toMatchObject(gone);

    await sessions.createSession({ sessionId: 'b' });
    await clock.advance(idleMs / 2);
    const before = (await storage.read({ entries: ['sessions:{b}'] })).entries[0];
    unwrap(await sessions.getSession('b'));
    expect((await storage.read({ entries: ['sessions:{b}'] })).entries[0]).toEqual(before);
  });
});

describe('the life span of one session', () => {
  it('may be its own, and stays so whoever writes it', async () => {
    const { clock, storage, sessions } = room({ idleMs });
    const others = manage(storage, { ttl: { idleMs: 10 * idleMs }, clock: clock.now });
    unwrap(await sessions.createSession({ sessionId: 'short', ttl: { idleMs: 5000 } }));
    unwrap(await sessions.createSession({ sessionId: 'long', ttl: { idleMs: null, absoluteMs: undefined } }));
    await clock.advance(4999);
    unwrap(await others.updateSession('short', increment));
    unwrap(await others.getSession('short'));
    await clock.advance(5000);
    expect(await sessions.getSession('short')).toMatchObject(gone);
    await clock.advance(1000 * idleMs);
    unwrap(await sessions.updateSession('long', increment));
  });

  it('that is none is refused before anything is stored; undefined is as if it were left out', async () => {
    const { storage, sessions } = room({ idleMs: undefined });
    for (const ttl of [{ idleMs: 0 }, { idleMs: -5 }, { absoluteMs: Number.NaN }, { absoluteMs: 0.5 }]) {
      expect(await sessions.createSession({ ttl })).toMatchObject({ error: { code: 'INVALID' } });
    }
    expect((await storage.scan('', null, 10)).found).toEqual([]);
    unwrap(await sessions.createSession({ sessionId: 'a' }));
    expect((await storage.scan('sessions:{a}', null, 10)).found[0]?.ttlMs).toBe(30 * 60_000);
    for (const ttl of [{ graceMs: -1 }, { graceMs: Number.NaN }]) {
      expect(() => manage(storage, { ttl })).toThrow(expect.objectContaining({ code: 'INVALID', path: 'ttl.graceMs' }));
    }
  });

  it('is exact however short', async () => {
    const { clock, sessions } = room({ idleMs: 500 });
    await sessions.createSession({ sessionId: 'a' });
    await clock.advance(499);
    unwrap(await sessions.getSession('a'));
    await clock.advance(1);
    expect(await sessions.getSession('a')).toMatchObject(gone);
  });
});
