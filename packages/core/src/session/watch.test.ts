import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { manualClock } from '../testing/clock.ts';
import { flaky } from '../testing/flaky.ts';
import type { SessionEvent } from './events.ts';
import { increment, manage } from './test-sessions.ts';

describe('watch', () => {
  it('shows the session as it is, then each change by whomever, and ends when it is deleted', async () => {
    const storage = memoryStorage();
    const [watching, writing] = [manage(storage), manage(storage)];
    await writing.createSession({ sessionId: 'a' });
    const seen: number[] = [];
    for await (const { data } of watching.watch('a', { everyMs: 5 })) {
      seen.push(data.count);
      if (data.count < 3) await (data.count % 2 === 0 ? writing : watching).updateSession('a', increment);
      else await writing.deleteSession('a');
    }
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('is woken by a write of its own manager, without waiting for the next look', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'a' });
    const watch = sessions.watch('a', { everyMs: 60_000 });
    await watch.next();
    const next = watch.next();
    await sessions.updateSession('a', increment);
    expect((await next).value?.data).toEqual({ count: 1 });
    const end = watch.next();
    await sessions.deleteSession('a');
    expect((await end).done).toBe(true);
  });

  it('ends by its signal, by being left, and by the closing of the manager', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'a' });
    const controller = new AbortController();
    const bySignal = sessions.watch('a', { everyMs: 60_000, signal: controller.signal });
    const byClose = sessions.watch('a', { everyMs: 60_000 });
    await Promise.all([bySignal.next(), byClose.next()]);
    const ends = [bySignal.next(), byClose.next()];
    controller.abort();
    await sessions.close();
    expect((await Promise.all(ends)).map(({ done }) => done)).toEqual([true, true]);
    expect(await sessions.watch('a', { signal: AbortSignal.abort() }).next()).toMatchObject({ done: true });
  });

  it('ends at once for one who leaves while they wait, as a stream that is cancelled does', async () => {
    const sessions = manage(memoryStorage());
    await sessions.createSession({ sessionId: 'a' });
    const watch = sessions.watch('a', { everyMs: 60_000 });
    await watch.next();
    const waiting = watch.next();
    expect(await watch.return()).toEqual({ done: true, value: undefined });
    expect(await waiting).toMatchObject({ done: true });
    const reader = ReadableStream.from(sessions.watch('a', { everyMs: 60_000 })).getReader();
    await reader.read();
    const next = reader.read();
    await reader.cancel();
    expect(await next).toMatchObject({ done: true });
  });

  it('throws NOT_FOUND where there is nothing for this owner, and STORAGE where nothing can be seen', async () => {
    let isDown = false;
    const sessions = manage(flaky(memoryStorage(), { isDown: () => isDown }));
    await sessions.createSession({ sessionId: 'a', owner: 'me' });
    await expect(sessions.watch('a', { owner: 'you' }).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const watch = sessions.watch('a', { owner: 'me', everyMs: 1 });
    await watch.next();
    isDown = true;
    await expect(watch.next()).rejects.toMatchObject({ code: 'STORAGE' });
    for (const everyMs of [0, -1, 2 ** 31]) {
      await expect(sessions.watch('a', { everyMs }).next()).rejects.toMatchObject({ code: 'INVALID' });
    }
  });

  it('is no activity: a session that is only watched ends', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { ttl: { idleMs: 1000, slideOn: 'read' }, clock: clock.now });
    await sessions.createSession({ sessionId: 'a' });
    const watch = sessions.watch('a', { everyMs: 1 });
    await watch.next();
    const end = watch.next();
    for (let tenths = 0; tenths < 10; tenths++) {
      await clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect((await end).done).toBe(true);
  });
});

describe('on', () => {
  it('tells of what this manager has done once it is done, until it is taken off; one that throws harms nobody', async () => {
    const storage = memoryStorage();
    const sessions = manage(storage);
    const events: SessionEvent[] = [];
    const offs = (['created', 'updated', 'deleted'] as const).map((type) => {
      sessions.on(type, () => {
        throw new Error('a listener failed');
      });
      return sessions.on(type, (event) => events.push(event));
    });
    await sessions.createSession({ sessionId: 'a' });
    await sessions.createSession({ sessionId: 'a', ifExists: 'return' });
    await sessions.updateSession('a', increment);
    await sessions.updateSession('a', () => ({ count: Number.NaN }));
    await sessions.resetSession('a');
    await sessions.touchSession('a');
    await manage(storage).updateSession('a', increment);
    await sessions.deleteSession('a');
    await sessions.deleteSession('a');
    expect(events.map(({ type }) => type)).toEqual(['created', 'updated', 'updated', 'deleted']);
    sessions.on('created', () => Promise.reject(new Error('a listener failed later')));
    for (const off of offs) off();
    await sessions.createSession({ sessionId: 'b' });
    expect(events).toHaveLength(4);
  });
});
