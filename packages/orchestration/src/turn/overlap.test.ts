import { memoryStorage } from '@stateroom/core/memory';
import { manualClock, override } from '@stateroom/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { aborted, rooms, started, tell, type Told } from '../testing/rooms.ts';
import type { Turn } from './turn.ts';

const clock = manualClock();
const storage = memoryStorage({ clock: clock.now });
/** Two processes, as far as the storage is concerned. */
const here = rooms(storage, { leaseMs: 1000, stopGraceMs: 1000 });
const there = rooms(storage, { leaseMs: 1000 });

beforeEach(async () => {
  await here.sessions.deleteSession('s');
  await here.create();
});

describe('a message that comes while a turn runs', () => {
  it('waits in line, where the policy is enqueue, behind those that came before', async () => {
    const first = started(await here.begin('m1'));
    const order: string[] = [];
    const waiting = ['m2', 'm3', 'm4'].map(async (id, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 50));
      const turn = started(await (index % 2 ? here : there).begin(id, { overlap: 'enqueue' }));
      order.push(id);
      await turn.end({ messages: [`${id}:answer`] });
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await first.end({ messages: ['m1:answer'] });
    await Promise.all(waiting);
    expect(order).toEqual(['m2', 'm3', 'm4']);
    const { messages } = await here.stored();
    expect(messages).toEqual(['m1', 'm2', 'm3', 'm4'].flatMap((id) => [`${id}:user`, `${id}:answer`]));
  });

  it('has the running turn stopped, where the policy is interrupt, and what that has said stays', async () => {
    const first = started(await here.begin('m1'));
    first.update(tell('first'));
    const second = there.begin('m2', { overlap: 'interrupt' });
    expect(await aborted(first)).toMatchObject({ request: 'interrupted' });
    expect(await first.end({ messages: ['m1:half'] })).toMatchObject({ record: { status: 'interrupted' } });
    const turn = started(await second);
    expect(turn.history.items).toEqual(['m1:user', 'm1:half']);
    await turn.end({ messages: ['m2:answer'] });
    expect(await here.stored()).toEqual({
      messages: ['m1:user', 'm1:half', 'm2:user', 'm2:answer'],
      told: ['first'],
    });
  });

  it('has it taken back, where the policy is rollback, but for what others have changed', async () => {
    const first = started(await here.begin('m1'));
    first.update(tell('first'));
    await first.step({ messages: ['m1:step'] });
    await there.sessions.updateSession('s', tell('other'));
    const second = there.begin('m2', { overlap: 'rollback' });
    await aborted(first);
    expect(await first.end({ messages: ['m1:half'] })).toMatchObject({ record: { status: 'rolled_back' } });
    await started(await second).end({ messages: ['m2:answer'] });
    expect(await here.stored()).toEqual({ messages: ['m2:user', 'm2:answer'], told: ['other'] });
  });

  it('is taken along at the next step, where the policy is steer', async () => {
    const first = started(await here.begin('m1'));
    const second = there.begin('m2', { overlap: 'steer' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.write('word');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await first.step({ messages: ['m1:step'] })).toMatchObject([{ messageId: 'm2', input: ['m2:user'] }]);
    expect(await second).toEqual({ status: 'steered', turnId: 'm1#1' });
    expect(await there.begin('m2')).toEqual({ status: 'steered', turnId: 'm1#1' });
    await first.end({ messages: ['m1:answer'] });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:step', 'm2:user', 'm1:answer']);
  });

  it('is taken along with the words with which it came first', async () => {
    const first = started(await here.begin('m1'));
    const second = there.begin('m2', { overlap: 'steer' });
    await expect.poll(() => first.isSteered).toBe(true);
    const other = there.begin('m2', { overlap: 'steer', input: ['other words'] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await first.write('word');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await first.step({ messages: ['m1:step'] })).toMatchObject([{ messageId: 'm2', input: ['m2:user'] }]);
    expect([await second, await other]).toMatchObject([{ status: 'steered' }, { status: 'steered' }]);
    await first.end();
  });

  it('keeps a turn from its end, where it is to be taken along', async () => {
    const first = started(await here.begin('m1'));
    const second = there.begin('m2', { overlap: 'steer' });
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(await first.end({ messages: ['m1:answer'] })).toMatchObject({
      status: 'steered',
      messages: [{ messageId: 'm2' }],
    });
    expect(await second).toMatchObject({ status: 'steered' });
    expect(await first.end({ messages: ['m2:answer'] })).toMatchObject({ status: 'ended' });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:answer', 'm2:user', 'm2:answer']);
  });

  it('becomes the next turn, where it was to be taken along and came too late', async () => {
    const first = started(await here.begin('m1'));
    const second = there.begin('m2', { overlap: 'steer' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await first.end({ messages: ['m1:answer'] });
    const turn = started(await second);
    await turn.end({ messages: ['m2:answer'] });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:answer', 'm2:user', 'm2:answer']);
  });
});

describe('whoever goes away', () => {
  it('waits no more for a message that is to be taken along', async () => {
    const first = started(await here.begin('m1'));
    const leaving = new AbortController();
    const second = here.begin('m2', { overlap: 'steer', signal: leaving.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    leaving.abort();
    expect(await second).toEqual({ status: 'withdrawn', turnId: 'm2#1' });
    await first.end();
  });
});

describe('a queue', () => {
  it('is bounded in number and in time', async () => {
    const small = rooms(storage, { maxQueue: 1, queueWaitMs: 400 });
    started(await here.begin('m1'));
    const waiting = small.begin('m2', { overlap: 'enqueue' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await small.begin('m3', { overlap: 'enqueue' })).toMatchObject({ status: 'refused', by: 'queue' });
    expect(await waiting).toMatchObject({ status: 'refused', by: 'queue' });
    const withdrawn = small.begin('m3', { overlap: 'enqueue', signal: AbortSignal.timeout(100) });
    expect(await withdrawn).toMatchObject({ status: 'withdrawn' });
  });

  it('is left by one that is stopped', async () => {
    const first = started(await here.begin('m1'));
    const waiting = there.begin('m2', { overlap: 'enqueue' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await here.turns.stop('s', { ...here.access, turnId: 'm2#1' })).toBe('asked');
    expect(await waiting).toMatchObject({ status: 'stopped' });
    await first.end();
    await started(await here.begin('m3')).end();
  });
});

describe('a stop', () => {
  it('is heard here at once, elsewhere within a second, and never by another turn', async () => {
    const first = started(await here.begin('m1'));
    expect(await there.turns.stop('s', { ...there.access, turnId: 'm1#1' })).toBe('asked');
    expect(await aborted(first)).toMatchObject({ request: 'stopped' });
    expect(await first.end({ messages: ['m1:half'] })).toMatchObject({ record: { status: 'stopped' } });
    expect(await there.turns.stop('s', { ...there.access, turnId: 'm1#1' })).toBe('over');
    const second = started(await here.begin('m2'));
    expect(await here.turns.stop('s', { ...here.access, turnId: 'm1#1' })).toBe('over');
    await second.write('word');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(second.signal.aborted).toBe(false);
    expect(await second.end()).toMatchObject({ record: { status: 'completed' } });
  });

  it('leaves nothing behind where there is no such turn, and one of its name may come', async () => {
    const keys = async () => (await storage.scan('room:{', null, 1000)).found.map(({ key }) => key).toSorted();
    const before = await keys();
    expect(await here.turns.stop('s', { ...here.access, turnId: 'm1#1' })).toBe('unknown');
    expect(await keys()).toEqual(before);
    const turn = started(await there.begin('m1'));
    expect(await here.turns.stop('s', { ...here.access, turnId: 'm1#2' })).toBe('unknown');
    expect(turn.signal.aborted).toBe(false);
    await turn.end();
  });

  it.each([
    { name: 'is over', waits: false, outcome: 'over' },
    { name: 'has begun', waits: true, outcome: 'asked' },
  ])('is told so where its turn $name at that moment', async ({ waits, outcome }) => {
    const running = started(await here.begin('m1'));
    const waiting = waits ? there.begin('m2', { overlap: 'enqueue' }) : null;
    await new Promise((resolve) => setTimeout(resolve, 50));
    let begun: Turn<Told> | null = null;
    const late = override(storage, {
      commit: async (transaction) => {
        if (transaction.changes.length > 0 && begun === null) {
          await running.end();
          begun = waiting === null ? running : started(await waiting);
        }
        return storage.commit(transaction);
      },
    });
    const stopping = rooms(late).turns.stop('s', { ...here.access, turnId: waits ? 'm2#1' : 'm1#1' });
    expect(await stopping).toBe(outcome);
    const left = (await storage.scan('room:{', null, 1000)).found.filter(({ key }) => key.includes(':mail:'));
    expect(left).toHaveLength(waits ? 1 : 0);
    const turn = await waiting;
    if (turn?.status === 'started') await aborted(turn.turn);
  });

  it('is for those whose session it is', async () => {
    const turn = started(await here.begin('m1'));
    const stranger = here.turns.stop('s', { owner: 'stranger', agentId: 'agent', turnId: 'm1#1' });
    await expect(stranger).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(here.begin('m2', { owner: 'stranger' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(turn.signal.aborted).toBe(false);
    await turn.end();
  });
});

describe('a message that came to nothing', () => {
  it.each(['crashed', 'failed'] as const)(
    'is tried again when its turn has %s, behind what that has stored',
    async (how) => {
      const dead = started(await here.begin('m1'));
      await dead.step({ messages: ['m1:step'] });
      if (how === 'failed') await dead.end({ status: 'failed' });
      else void clock.advance(1001);
      const turn = started(await there.begin('m1'));
      expect([turn.id, turn.history.items, turn.input]).toEqual(['m1#2', ['m1:user', 'm1:step'], []]);
      await turn.end({ messages: ['m1:answer'] });
      expect((await here.stored()).messages).toEqual(['m1:user', 'm1:step', 'm1:answer']);
      expect((await here.turns.list('s')).map(({ turnId, status }) => [turnId, status])).toEqual([
        ['m1#1', how],
        ['m1#2', 'completed'],
      ]);
    },
  );

  it('brings itself along again, where a rewind has taken it out of the transcript while it waited', async () => {
    await started(await here.begin('m1')).end({ status: 'failed' });
    const running = started(await there.begin('m2'));
    const waiting = here.begin('m1', { overlap: 'enqueue' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await running.end();
    await there.turns.rewind('s', { turnId: null });
    await started(await waiting).end({ messages: ['m1:answer'] });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:answer']);
  });

  it.each(['by its holder', 'when it was dead'])(
    'stands there once, where a later attempt was rolled back %s',
    async (how) => {
      await started(await here.begin('m1')).end({ status: 'failed' });
      const again = started(await here.begin('m1'));
      if (how === 'by its holder') {
        await again.step({ messages: ['m1:step'] });
        await there.begin('m2', { overlap: 'rollback', signal: AbortSignal.abort() });
        await aborted(again);
        await again.end();
      } else void clock.advance(1001);
      const turn = started(await here.begin('m1', { overlap: 'rollback' }));
      expect([turn.id, turn.input]).toEqual(['m1#3', []]);
      await turn.end({ messages: ['m1:answer'] });
      expect((await here.stored()).messages).toEqual(['m1:user', 'm1:answer']);
    },
  );

  it('is not tried again when something else was said since', async () => {
    await started(await here.begin('m1')).end({ status: 'failed' });
    await started(await here.begin('m2')).end();
    expect(await here.begin('m1')).toMatchObject({ status: 'finished', outcome: 'failed' });
  });

  it('is being answered while it is tried again, whatever was rolled back since', async () => {
    await started(await here.begin('m1')).end({ status: 'failed' });
    started(await here.begin('m2'));
    void clock.advance(1001);
    const again = started(await there.begin('m1', { overlap: 'rollback' }));
    expect(await here.begin('m1')).toEqual({ status: 'running', turnId: again.id });
    await again.end();
  });

  it('is not tried again when something else was said since, and that turn has died', async () => {
    await started(await here.begin('m1')).end({ status: 'failed' });
    started(await here.begin('m2'));
    void clock.advance(1001);
    expect(await there.begin('m1')).toMatchObject({ status: 'finished', outcome: 'failed' });
  });
});

describe('a message in place of others', () => {
  it('takes them back in the commit that begins it, or not at all', async () => {
    for (const id of ['m1', 'm2']) await started(await here.begin(id)).end({ messages: [`${id}:answer`] });
    const running = started(await there.begin('m3'));
    const replacing = { after: 'm1#1', attempt: 2 };
    expect(await here.begin('m2', { replacing })).toEqual({ status: 'refused', by: 'turn', turnId: 'm3#1' });
    await running.end();
    expect((await here.stored()).messages).toHaveLength(5);
    const turn = started(await here.begin('m2', { replacing, input: ['m2:other'] }));
    expect([turn.id, turn.history.items]).toEqual(['m2#2', ['m1:user', 'm1:answer']]);
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:answer']);
    await turn.end({ messages: ['m2:answer'] });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:answer', 'm2:other', 'm2:answer']);
  });

  it('waits for the running turn where the policy is to, and takes it back too', async () => {
    await started(await here.begin('m1')).end({ messages: ['m1:answer'] });
    const running = started(await there.begin('m2'));
    const next = here.begin('m1', { replacing: { after: null, attempt: 2 }, overlap: 'interrupt' });
    await aborted(running);
    await running.end({ messages: ['m2:half'] });
    await started(await next).end({ messages: ['m1:new'] });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:new']);
  });

  it('leaves no place in the line behind, when it comes to nothing', async () => {
    for (const id of ['m1', 'm2']) await started(await here.begin(id)).end();
    const running = started(await there.begin('m3'));
    const first = here.begin('m4', { replacing: { after: null }, overlap: 'enqueue' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = there.begin('m5', { replacing: { after: 'm1#1' }, overlap: 'enqueue' });
    const settled = Promise.allSettled([second]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await running.end();
    await started(await first).end();
    expect(await settled).toMatchObject([{ reason: { code: 'INVALID', path: 'turnId' } }]);
    expect((await here.begin('m6')).status).toBe('started');
  });
});

describe('a message that takes the place of others where it would be taken along', () => {
  it('waits for the running turn, and is said once', async () => {
    await started(await here.begin('m1')).end({ messages: ['m1:answer'] });
    const running = started(await there.begin('m2'));
    const next = here.begin('m3', { replacing: { after: 'm1#1' }, overlap: 'steer' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await running.write('word');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await running.step({ messages: ['m2:step'] })).toEqual([]);
    await running.end();
    await started(await next).end({ messages: ['m3:answer'] });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:answer', 'm3:user', 'm3:answer']);
  });
});

describe('a turn that is not ended', () => {
  it('is let go of by who gives it up, or when it was asked to end and does not', async () => {
    const given = started(await here.begin('m1'));
    given.abandon();
    void clock.advance(1001);
    const stubborn = started(await here.begin('m2'));
    await there.turns.stop('s', { ...there.access, turnId: 'm2#1' });
    expect(await aborted(stubborn)).toMatchObject({ request: 'stopped' });
    await new Promise((resolve) => setTimeout(resolve, 1600));
    await expect(stubborn.end()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    void clock.advance(1001);
    await started(await here.begin('m3')).end();
  });

  it('leaves a message that it took along to be tried again', async () => {
    const first = started(await here.begin('m1'));
    const steering = there.begin('m2', { overlap: 'steer' });
    await expect.poll(() => first.isSteered).toBe(true);
    await first.step({ messages: ['m1:step'] });
    expect(await steering).toMatchObject({ status: 'steered' });
    await first.end({ status: 'failed' });
    const again = started(await there.begin('m2'));
    expect([again.id, again.input]).toEqual(['m2#1', []]);
    await again.end({ messages: ['m2:answer'] });
    expect((await here.stored()).messages).toEqual(['m1:user', 'm1:step', 'm2:user', 'm2:answer']);
  });
});

describe('a session that goes', () => {
  const room = async () => (await storage.scan('room:{', null, 1000)).found.map(({ key }) => key);
  const wait = async () => {
    await started(await here.begin('m1')).end();
    const turn = started(await here.begin('m2'));
    const waiting = there.begin('m3', { overlap: 'enqueue' });
    waiting.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    await turn.step();
    return { turn, waiting };
  };

  it('takes all of its turns along when it is deleted', async () => {
    const { turn, waiting } = await wait();
    await here.sessions.deleteSession('s', here.access);
    expect(await aborted(turn)).toMatchObject({ code: 'NOT_FOUND' });
    await expect(turn.end()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await room()).toEqual([]);
  });

  it('is not taken for the one that is made in its place, in which the same message was answered', async () => {
    const turn = started(await here.begin('m1'));
    await here.sessions.deleteSession('s', here.access);
    await here.create();
    await started(await there.begin('m1')).end();
    await expect(turn.end()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  it('takes them along when it is reset, and those that waited begin in it', async () => {
    const { turn, waiting } = await wait();
    await here.sessions.resetSession('s', here.access);
    expect(await aborted(turn)).toMatchObject({ code: 'LEASE_LOST' });
    await expect(turn.end()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await started(await waiting).end();
    expect(await here.stored()).toEqual({ messages: ['m3:user'], told: [] });
    await here.sessions.deleteSession('s');
    expect(await room()).toEqual([]);
  });
});
