import { memoryStorage } from '@stateroom/core/memory';
import { manualClock } from '@stateroom/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { UserSessions, type UserSessionsOptions } from './user-sessions.ts';

const secret = 'a secret of this test, 32 bytes or more';
const step = { name: 'load-index' };
const minuteMs = 60_000;

describe('the life of a session', () => {
  const begin = (options: Partial<UserSessionsOptions> = {}) => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    return { clock, storage, users: new UserSessions({ storage, secret, clock: clock.now, ...options }) };
  };

  it('is thirty minutes to the millisecond; use does not lengthen it', async () => {
    const { clock, users } = begin();
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    await clock.advance(29 * minuteMs);
    await users.setLastStep(sessionId, step);
    await clock.advance(minuteMs - 1);
    expect(await users.getLastStep(sessionId)).toEqual(step);
    await clock.advance(1);
    expect(await users.getSession(sessionId)).toBeNull();
  });

  it('is as long as the policy says, though nobody uses it meanwhile', async () => {
    const { clock, users } = begin({ ttl: { absoluteMs: 120 * minuteMs } });
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    await clock.advance(120 * minuteMs - 1);
    expect(await users.getSession(sessionId)).not.toBeNull();
  });

  it('slides with use where the policy says so, up to an absolute end', async () => {
    const { clock, users } = begin({ ttl: { idleMs: 30 * minuteMs, absoluteMs: 60 * minuteMs } });
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    for (let use = 0; use < 2; use++) {
      await clock.advance(29 * minuteMs);
      await users.setLastStep(sessionId, step);
    }
    await clock.advance(2 * minuteMs - 1);
    expect(await users.getSession(sessionId)).not.toBeNull();
    await clock.advance(1);
    expect(await users.getSession(sessionId)).toBeNull();
  });

  it('leaves nothing behind, though nobody ever makes another session', async () => {
    const { clock, storage, users } = begin();
    for (let index = 0; index < 200; index++) await users.createSession(`player-${index}`, 'ticket');
    await clock.advance(30 * minuteMs);
    expect(await users.sweep()).toEqual({ expired: 200, failed: [] });
    expect((await storage.scan('', null, 1000)).found).toEqual([]);
  });

  it('leaves nothing behind where nobody sweeps either, once the time of grace is over', async () => {
    const { clock, storage, users } = begin();
    await users.createSession('player-7', 'ticket-a');
    await clock.advance(40 * minuteMs);
    expect(await users.sweep()).toEqual({ expired: 0, failed: [] });
    expect((await storage.scan('', null, 10)).found).toEqual([]);
  });

  it('is swept in the background, until the sweeps are closed', async () => {
    const { clock, storage, users } = begin();
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    await clock.advance(30 * minuteMs);
    const swept = await new Promise((resolve) => {
      users.sweepEvery(5, { onExpire: (session) => resolve(session.sessionId) });
    });
    expect(swept).toBe(sessionId);
    await vi.waitFor(async () => expect((await storage.scan('', null, 10)).found).toEqual([]));
    await users.close();
  });

  it('makes room for others by its end: one more than the bound is refused until then', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const users = new UserSessions({ storage, secret, clock: clock.now, maxSessions: 2 });
    const first = await users.createSession('player-1', 'ticket');
    await users.createSession('player-2', 'ticket');
    await expect(users.createSession('player-3', 'ticket')).rejects.toMatchObject({ code: 'LIMIT' });
    await users.delete(first.sessionId);
    await users.createSession('player-3', 'ticket');
    await clock.advance(30 * minuteMs);
    await users.sweep();
    await users.createSession('player-4', 'ticket');
  });
});
