import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import { manualClock } from '../../testing/clock.ts';
import { flaky } from '../../testing/flaky.ts';
import { type SessionSuccess, unwrap } from '../result.ts';
import { increment, manage, type State } from '../test-sessions.ts';

const idleMs = 60_000;
const graceMs = 10_000;
const gone = { success: false, error: { code: 'NOT_FOUND' } };

function room() {
  const clock = manualClock();
  const storage = memoryStorage({ clock: clock.now });
  const sessions = manage(storage, { ttl: { idleMs, graceMs }, clock: clock.now });
  const keys = async () => (await storage.scan('', null, 100)).found.map(({ key }) => key);
  return { clock, storage, sessions, keys };
}

describe('sweep', () => {
  it('hands over each session that has expired, with its lists, and then it is gone', async () => {
    const { clock, sessions, keys } = room();
    await sessions.createSession({ sessionId: 'idle', metadata: { plan: 'free' } });
    await sessions.updateSession('idle', increment, { append: { log: ['first', 'second'] } });
    await clock.advance(idleMs - 1);
    await sessions.createSession({ sessionId: 'active' });
    await clock.advance(1);
    const saved: unknown[] = [];
    const onExpire = ({ sessionId, data, metadata, lists }: SessionSuccess<State, 'log'>) =>
      void saved.push({ sessionId, data, metadata, lists });
    const told: string[] = [];
    sessions.on('deleted', ({ sessionId }) => told.push(sessionId));
    expect(await sessions.sweep({ onExpire })).toEqual({ expired: 1, failed: [] });
    expect(told).toEqual(['idle']);
    const lists = { log: { items: ['first', 'second'], length: 2 } };
    expect(saved).toEqual([{ sessionId: 'idle', data: { count: 1 }, metadata: { plan: 'free' }, lists }]);
    expect(await keys()).toEqual(['sessions:{active}', 'sessions:{active}:guard']);
    expect(await sessions.sweep({ onExpire })).toEqual({ expired: 0, failed: [] });
  });

  it('is the only one that sees a session in its time of grace, whatever grace the others have', async () => {
    const { clock, storage, sessions } = room();
    const withoutGrace = manage(storage, { ttl: { idleMs }, clock: clock.now });
    const handle = sessions.handle('a');
    await sessions.createSession({ sessionId: 'a' });
    unwrap(await handle.get());
    await clock.advance(idleMs);
    for (const manager of [sessions, withoutGrace]) {
      expect(await manager.getSession('a')).toMatchObject(gone);
      expect(await manager.updateSession('a', increment)).toMatchObject(gone);
      expect(await manager.touchSession('a')).toMatchObject(gone);
      expect(await manager.resetSession('a')).toMatchObject(gone);
      expect(await manager.deleteSession('a')).toMatchObject({ success: true, data: false });
    }
    expect(await handle.update(increment)).toMatchObject(gone);
    expect((await sessions.stats()).sessions).toBe(0);
    expect((await sessions.sweep()).expired).toBe(1);
  });

  it('keeps what could not be saved for the next time, until the grace is over', async () => {
    const { clock, sessions, keys } = room();
    for (const sessionId of ['good', 'bad']) await sessions.createSession({ sessionId });
    await clock.advance(idleMs);
    const onExpire = async ({ sessionId }: { sessionId: string }) => {
      if (sessionId === 'bad') throw new Error('disk full');
    };
    const report = await sessions.sweep({ onExpire });
    expect(report).toMatchObject({ expired: 1, failed: [{ sessionId: 'bad' }] });
    expect((await sessions.sweep()).expired).toBe(1);
    await sessions.createSession({ sessionId: 'late' });
    await clock.advance(idleMs + graceMs);
    expect(await sessions.sweep()).toEqual({ expired: 0, failed: [] });
    expect(await keys()).toEqual([]);
  });

  it('loses nothing to a new session of the same id: that waits, unless it is to replace', async () => {
    const { clock, sessions } = room();
    await sessions.createSession({ sessionId: 'a' });
    await sessions.updateSession('a', increment);
    await clock.advance(idleMs);
    for (const ifExists of ['error', 'return'] as const) {
      expect(await sessions.createSession({ sessionId: 'a', ifExists })).toMatchObject({ error: { code: 'EXISTS' } });
    }
    expect(unwrap(await sessions.createSession({ sessionId: 'a', ifExists: 'replace' }))).toMatchObject({
      created: true,
      data: { count: 0 },
    });
    expect((await sessions.sweep()).expired).toBe(0);
    unwrap(await sessions.getSession('a'));
  });

  it('leaves alone what came back to life by being replaced while it was handed over', async () => {
    const { clock, sessions } = room();
    await sessions.createSession({ sessionId: 'a' });
    await clock.advance(idleMs);
    const onExpire = async () => {
      unwrap(await sessions.createSession({ sessionId: 'a', ifExists: 'replace' }));
    };
    expect(await sessions.sweep({ onExpire })).toEqual({ expired: 0, failed: [] });
    unwrap(await sessions.getSession('a'));
  });

  it('throws when the storage cannot be walked', async () => {
    const storage = flaky(memoryStorage(), { isDown: () => true });
    await expect(manage(storage, { ttl: { idleMs, graceMs } }).sweep()).rejects.toMatchObject({ code: 'STORAGE' });
  });
});

describe('sweepEvery', () => {
  it('sweeps again and again, also after one that failed, until it is stopped or the manager closed', async () => {
    let isDown = true;
    const storage = flaky(memoryStorage(), { isDown: () => isDown });
    const logged: string[] = [];
    const note = (_fields: unknown, message: string) => void logged.push(message);
    const logger = { debug: () => {}, info: () => {}, warn: note, error: note };
    const sessions = manage(storage, { ttl: { idleMs: 20, graceMs: 60_000 }, logger });
    const saved: string[] = [];
    sessions.sweepEvery(5, { onExpire: ({ sessionId }) => void saved.push(sessionId) });
    await expect.poll(() => logged).toContain('a sweep failed');
    isDown = false;
    await sessions.createSession({ sessionId: 'a' });
    await expect.poll(() => saved).toEqual(['a']);
    await sessions.close();
    await sessions.createSession({ sessionId: 'b' });
    await sleep(60);
    expect(saved).toEqual(['a']);
    for (const bad of [0, -1, 2 ** 31]) expect(() => sessions.sweepEvery(bad)).toThrow(/everyMs is/);
  });
});
