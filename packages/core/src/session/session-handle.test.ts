import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { observed } from '../storage/observed.ts';
import { manualClock } from '../testing/clock.ts';
import { unwrap } from './result.ts';
import { increment, manage } from './test-sessions.ts';

function observing() {
  const clock = manualClock();
  const storage = memoryStorage({ clock: clock.now });
  const commands: string[] = [];
  const counting = observed(storage, { onCommand: ({ method, outcome }) => commands.push(`${method} ${outcome}`) });
  const options = { ttl: { idleMs: 1000 }, clock: clock.now };
  return {
    clock,
    others: manage(storage, options),
    sessions: manage(counting, options),
    /** What went over the wire since the last call. */
    trips: async () => {
      await Promise.resolve();
      return commands.splice(0);
    },
  };
}

describe('round trips', () => {
  it('are one to make, to read, and to update what a handle has seen; two to update; one more for each refusal', async () => {
    const { sessions, others, trips } = observing();
    const { sessionId } = unwrap(await sessions.createSession());
    expect(await trips()).toEqual(['commit ok']);
    await sessions.getSession(sessionId, { lists: { log: {} } });
    expect(await trips()).toEqual(['read ok']);
    await sessions.updateSession(sessionId, increment);
    expect(await trips()).toEqual(['read ok', 'commit ok']);
    const handle = sessions.handle(sessionId);
    await handle.get();
    await trips();
    for (let times = 0; times < 3; times++) unwrap(await handle.update(increment, { append: { log: ['one'] } }));
    expect(await trips()).toEqual(['commit ok', 'commit ok', 'commit ok']);
    await others.updateSession(sessionId, increment);
    expect(unwrap(await handle.update(increment)).data.count).toBe(6);
    expect(await trips()).toEqual(['commit refused', 'commit ok']);
    await handle.update(increment);
    expect(await trips()).toEqual(['commit ok']);
  });
});

describe('updates at once in one process', () => {
  it('read once, and hand on to each other what they wrote', async () => {
    const { sessions, others, trips } = observing();
    const { sessionId } = unwrap(await sessions.createSession());
    await trips();
    const returned: { count: number }[] = [];
    const grow = (state: { count: number }) => {
      const next = { count: state.count + 1 };
      returned.push(next);
      return next;
    };
    const results = await Promise.all(Array.from({ length: 10 }, () => sessions.updateSession(sessionId, grow)));
    // What a caller does to its own objects afterwards is no part of what is handed on.
    for (const state of returned) state.count = 1000;
    expect(results.map((result) => result.success && result.data.count)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await trips()).toEqual(['read ok', ...Array.from({ length: 10 }, () => 'commit ok')]);
    await others.deleteSession(sessionId);
    expect(await sessions.updateSession(sessionId, grow)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });
});

describe('a handle', () => {
  it('sees what others wrote, and that the session has gone or been made anew', async () => {
    const { sessions, others, clock } = observing();
    const gone = { success: false, error: { code: 'NOT_FOUND' } };
    const { sessionId } = unwrap(await sessions.createSession({ sessionId: 'room', owner: 'ada' }));
    const handle = sessions.handle(sessionId, { owner: 'ada' });
    const stranger = sessions.handle(sessionId, { owner: 'bob' });
    unwrap(await handle.update(increment));
    expect(await stranger.update(increment)).toMatchObject(gone);
    expect(await stranger.get()).toMatchObject(gone);
    await others.deleteSession(sessionId);
    unwrap(await others.createSession({ sessionId, owner: 'ada' }));
    expect(unwrap(await handle.update(increment)).data.count).toBe(1);
    await clock.advance(1001);
    expect(await handle.update(increment)).toMatchObject(gone);
    expect(await handle.get()).toMatchObject(gone);
  });

  it('loses no update among many at once, and is not changed by what was done to its answers', async () => {
    const { sessions } = observing();
    const { sessionId } = unwrap(await sessions.createSession());
    const [one, two] = [sessions.handle(sessionId), sessions.handle(sessionId)];
    await Promise.all(Array.from({ length: 50 }, () => [one.update(increment), two.update(increment)]).flat());
    for (const answer of [unwrap(await one.get()), unwrap(await one.update(increment))]) {
      answer.data.count = 7;
      Object.assign(answer.metadata, { forged: true });
    }
    const { data, metadata } = unwrap(await one.update(increment));
    expect([data.count, metadata]).toEqual([102, {}]);
  });

  it('is none the wiser after a change that throws', async () => {
    const { sessions, trips } = observing();
    const { sessionId } = unwrap(await sessions.createSession());
    const handle = sessions.handle(sessionId);
    await handle.get();
    const fails = () => {
      throw new Error('a bug');
    };
    await expect(handle.update(fails)).rejects.toThrow('a bug');
    await trips();
    expect(unwrap(await handle.update(increment)).data.count).toBe(1);
  });

  it('begins anew on a session that was made in place of the one it remembers', async () => {
    const storage = memoryStorage();
    const [sessions, others] = [manage(storage), manage(storage)];
    await sessions.createSession({ sessionId: 'a' });
    const handle = sessions.handle('a');
    unwrap(await handle.update(increment));
    await others.deleteSession('a');
    await others.createSession({ sessionId: 'a', metadata: { run: 2 } });
    expect(unwrap(await handle.update(increment))).toMatchObject({ data: { count: 1 }, metadata: { run: 2 } });
  });
});
