import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { manualClock, override } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { rooms, started } from '../testing/rooms.ts';
import { kindOf } from '../testing/turns/kind-of.ts';
import { TurnKeys } from './turn-parts.ts';

const soon = (ms = 50) => new Promise((resolve) => setTimeout(resolve, ms));

/** However slow the machine is: resolves when it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A storage, and how many commits it has answered. */
function counted(storage: StorageProvider) {
  let answered = 0;
  const commit: StorageProvider['commit'] = async (transaction) => {
    const reply = await storage.commit(transaction);
    answered += 1;
    return reply;
  };
  return { storage: override(storage, { commit }), answered: () => answered };
}

/** Three processes on one storage, in which a turn runs, and two requests wait with one message. */
async function twoWait() {
  const clock = manualClock();
  const storage = memoryStorage({ clock: clock.now });
  const [firsts, seconds] = [counted(storage), counted(storage)];
  const [here, there] = [rooms(storage), rooms(seconds.storage)];
  let isCutOff = false;
  let leaving: Promise<void> | null = null;
  const network = override(storage, {
    commit: async (transaction) => {
      const kind = kindOf(transaction, new TurnKeys(here.sessions.parts.keys('s')));
      if (kind === 'leave') await leaving;
      if (isCutOff) await new Promise(() => {});
      return firsts.storage.commit(transaction);
    },
  });
  await here.create();
  const running = started(await here.begin('m1'));
  const client = new AbortController();
  const first = rooms(network).begin('m2', { overlap: 'enqueue', signal: client.signal });
  // It is refused, and joins the line.
  await until(() => firsts.answered() >= 2);
  const second = there.begin('m2', { overlap: 'enqueue' });
  // It is refused, and finds the first there.
  await until(() => seconds.answered() >= 1);
  return {
    storage,
    here,
    there,
    running,
    first,
    second,
    client,
    /** The first process dies. */
    die: () => {
      isCutOff = true;
      void clock.advance(5001);
    },
    /** What would leave the line does not get through until then. */
    holdLeaving: (held: Promise<void>) => {
      leaving = held;
    },
    stop: () => here.turns.stop('s', { ...here.access, turnId: 'm2#1' }),
  };
}

describe('a message that waits, and is sent again', () => {
  it('is followed by the second request once it runs', async () => {
    const { running, first, second } = await twoWait();
    await running.end();
    const turn = started(await first);
    expect(await second).toEqual({ status: 'running', turnId: 'm2#1' });
    await turn.end();
  });

  it.each(['goes away', 'dies'])('is begun by the second where the first %s, in its place', async (how) => {
    const { here, running, second, client, die } = await twoWait();
    const behind = here.begin('m3', { overlap: 'enqueue' });
    await soon();
    if (how === 'dies') die();
    else client.abort();
    await soon(1500);
    await running.end();
    const turn = started(await second);
    await turn.end({ messages: ['m2:answer'] });
    await started(await behind).end();
    expect((await here.stored()).messages).toEqual(['m1:user', 'm2:user', 'm2:answer', 'm3:user']);
  });

  it('is begun by the second though nothing is in the way any more', async () => {
    const { running, second, die } = await twoWait();
    die();
    await running.end();
    const turn = started(await second);
    expect(turn.id).toBe('m2#1');
    await turn.end();
  });

  it.each(['waits', 'has died'])('is stopped for both, also where the first %s', async (how) => {
    const { here, running, first, second, stop, die } = await twoWait();
    expect(await stop()).toBe('asked');
    const told = how === 'has died' ? die() : await first;
    expect(told).toEqual(how === 'has died' ? undefined : { status: 'stopped', turnId: 'm2#1' });
    await running.end();
    expect(await second).toEqual({ status: 'stopped', turnId: 'm2#1' });
    expect(await here.turns.list('s')).toHaveLength(1);
  });

  it('is begun, once it is sent another time after it was stopped', async () => {
    const { here, running, first, second, stop } = await twoWait();
    await stop();
    await Promise.all([first, second]);
    await running.end();
    const turn = started(await here.begin('m2'));
    expect(turn.signal.aborted).toBe(false);
    await turn.end();
  });

  it('is stopped also where the first goes away at that moment', async () => {
    const { first, second, client, stop, holdLeaving } = await twoWait();
    const { promise, resolve } = Promise.withResolvers<void>();
    holdLeaving(promise);
    client.abort();
    await soon();
    expect(await stop()).toBe('asked');
    resolve();
    expect([await first, await second]).toMatchObject([{ status: 'stopped' }, { status: 'stopped' }]);
  });

  it('is left by whoever goes away, or has waited for long enough', async () => {
    const { storage, there, running, first } = await twoWait();
    const signal = AbortSignal.timeout(50);
    expect(await there.begin('m2', { overlap: 'enqueue', signal })).toMatchObject({ status: 'withdrawn' });
    const impatient = rooms(storage, { queueWaitMs: 50 });
    expect(await impatient.begin('m2', { overlap: 'enqueue' })).toMatchObject({ status: 'refused', by: 'queue' });
    await running.end();
    await started(await first).end();
  });
});
