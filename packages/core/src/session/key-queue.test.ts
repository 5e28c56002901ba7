import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { KeyQueue } from './key-queue.ts';

describe('KeyQueue', () => {
  it('runs tasks of one key in turn, in the order in which they came, and those of other keys at once', async () => {
    const queue = new KeyQueue(5000);
    const log: string[] = [];
    const task = (name: string, ms: number) => async () => {
      log.push(`${name} enters`);
      await delay(ms);
      log.push(`${name} leaves`);
    };
    await Promise.all([queue.run('a', task('a1', 30)), queue.run('a', task('a2', 0)), queue.run('b', task('b1', 0))]);
    expect(log).toEqual(['a1 enters', 'b1 enters', 'b1 leaves', 'a1 leaves', 'a2 enters', 'a2 leaves']);
  });

  it('hands on from each to the next in line, past none that failed, and forgets it with the last', async () => {
    const queue = new KeyQueue<number>(5000);
    const next = () =>
      queue.run('a', async (place) => {
        await delay(1);
        const got = place.handedOn;
        place.handedOn = (got ?? 0) + 1;
        return [got, place.isAwaited()];
      });
    const failing = () =>
      queue.run('a', (place) => {
        place.handedOn = null;
        return Promise.reject(new Error('no'));
      });
    const results = await Promise.allSettled([next(), next(), failing(), next(), next()]);
    expect(results.map((result) => result.status === 'fulfilled' && result.value)).toEqual([
      [null, true],
      [1, true],
      false,
      [null, true],
      [1, false],
    ]);
    expect(await next()).toEqual([null, false]);
  });

  it('goes on after a task that throws', async () => {
    const queue = new KeyQueue(5000);
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('lets a line be long, as long as it moves', async () => {
    const queue = new KeyQueue(50);
    const tasks = Array.from({ length: 20 }, (_, index) => queue.run('a', () => delay(10, index)));
    expect(await Promise.all(tasks)).toHaveLength(20);
  });

  it('lets nobody wait for longer because those in front of them have given up', async () => {
    const queue = new KeyQueue(60);
    const { promise, resolve } = Promise.withResolvers<void>();
    const stuck = queue.run('a', () => promise);
    const outcomes: string[] = [];
    const waiting = Array.from({ length: 5 }, () =>
      queue.run('a', async () => 'never').catch((error: unknown) => outcomes.push(String(error))),
    );
    await Promise.race([Promise.all(waiting), delay(60 * 3)]);
    expect(outcomes).toHaveLength(5);
    resolve();
    await stuck;
  });

  it('answers a task inside a task of the same key, which would wait for ever, with CONFLICT', async () => {
    const queue = new KeyQueue(20);
    const nested = queue.run('a', () => queue.run('a', async () => 'never'));
    await expect(nested).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await queue.run('a', async () => 'free again')).toBe('free again');
  });
});
