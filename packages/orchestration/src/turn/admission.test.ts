import { observed, StateroomError } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { rooms, started, tell, type Told } from '../testing/rooms.ts';

const refusal = new StateroomError('BUDGET', 'there is nothing left');
const refuse = async () => {
  throw refusal;
};

function setUp() {
  const inner = memoryStorage();
  let trips = 0;
  const storage = observed(inner, { onCommand: () => void trips++ });
  const room = rooms(storage, { leaseMs: 300 });
  /** All that is stored, but for life spans. */
  const dump = async () => {
    const keys = (await inner.scan('', null, 1000)).found.map(({ key }) => key).toSorted();
    const lists = new Set(
      (await inner.scan('', null, 1000)).found.flatMap(({ key, kind }) => (kind === 'list' ? [key] : [])),
    );
    return inner.read({
      entries: keys.filter((key) => !lists.has(key)),
      lists: [...lists].toSorted().map((key) => ({ key })),
    });
  };
  const counted = async (task: () => Promise<unknown>) => {
    const before = trips;
    await task();
    await Promise.resolve();
    return trips - before;
  };
  return { room, dump, counted };
}

const isRefused = (begun: Promise<unknown>) => expect(begun).rejects.toBe(refusal);

describe('a turn that is not admitted', () => {
  it('is not begun by another request that has waited with its message, nor by a steer that came too late', async () => {
    const { room } = setUp();
    await room.create();
    let isSpent = false;
    const admit = async () => {
      if (isSpent) throw refusal;
    };
    const first = started(await room.begin('m1'));
    const waiting = [
      room.begin('m2', { overlap: 'enqueue', admit }),
      room.begin('m2', { overlap: 'enqueue', admit }),
      room.begin('m3', { overlap: 'steer', admit }),
    ].map((begun) => begun.catch((error: unknown) => error));
    await new Promise((resolve) => setTimeout(resolve, 100));
    isSpent = true;
    await first.end({ status: 'failed' });
    expect(await Promise.all(waiting)).toEqual([refusal, refusal, refusal]);
  });

  it('leaves nothing, and the same message begins when there is room', async () => {
    const { room, dump } = setUp();
    await room.create();
    await started(await room.begin('m1')).end();
    const before = await dump();
    await isRefused(room.begin('m2', { admit: refuse }));
    expect(await dump()).toEqual(before);
    const again = started(await room.begin('m2', { admit: async () => {} }));
    expect([again.id, again.input]).toEqual(['m2#1', ['m2:user']]);
  });

  it.each([
    ['that takes the place of others', { replacing: { after: null } }],
    ['that answers a question', { answering: { turnId: 'm1#1', change: tell('answered') } }],
  ])('%s leaves all as it was', async (_, options) => {
    const { room, dump } = setUp();
    await room.create();
    await started(await room.begin('m1')).end({ status: 'waiting' });
    const before = await dump();
    await isRefused(room.begin('m2', { ...options, admit: refuse }));
    expect(await dump()).toEqual(before);
    expect((await room.begin('m2', { ...options, admit: async () => {} })).status).toBe('started');
  });

  it.each(['enqueue', 'interrupt', 'rollback', 'steer'] as const)(
    'asks nothing of the one that runs: %s',
    async (overlap) => {
      const { room, dump } = setUp();
      await room.create();
      const running = started(await room.begin('m1'));
      const before = await dump();
      await isRefused(room.begin('m2', { overlap, admit: refuse }));
      expect([await dump(), running.signal.aborted, running.isSteered]).toEqual([before, false, false]);
    },
  );

  it('does not close a dead turn, nor lose it', async () => {
    const { room, dump } = setUp();
    await room.create();
    started(await room.begin('m1')).abandon();
    await new Promise((resolve) => setTimeout(resolve, 350));
    const before = await dump();
    await isRefused(room.begin('m2', { admit: refuse }));
    expect(await dump()).toEqual(before);
  });

  it('gives up its place when nothing is left by the time that it comes', async () => {
    const { room } = setUp();
    await room.create();
    const running = started(await room.begin('m1'));
    let asked = 0;
    const admit = async () => {
      asked += 1;
      if (asked > 1) throw refusal;
    };
    const waiting = room.begin('m2', { overlap: 'enqueue', admit });
    await Promise.all([
      isRefused(waiting),
      new Promise((resolve) => setTimeout(resolve, 50)).then(() => running.end()),
    ]);
    expect((await room.begin('m3')).status).toBe('started');
  });
});

describe('leave to begin', () => {
  it('is asked for with the state, and not for what is answered already', async () => {
    const { room } = setUp();
    await room.create();
    const seen: Told[] = [];
    const admit = async (state: Told) => void seen.push(state);
    const turn = started(await room.begin('m1', { admit }));
    expect((await room.begin('m1', { admit: refuse })).status).toBe('running');
    turn.update(tell('one'));
    await turn.end();
    expect((await room.begin('m1', { admit: refuse })).status).toBe('finished');
    await started(await room.begin('m2', { admit })).end();
    expect(seen).toEqual([{ told: [] }, { told: ['one'] }]);
  });

  it('costs no round trip', async () => {
    const { room, counted } = setUp();
    await room.create();
    const take = async (messageId: string, admit?: () => Promise<void>) =>
      started(await room.begin(messageId, { admit })).end();
    expect(await counted(() => take('m1'))).toBe(2);
    expect(await counted(() => take('m2', async () => {}))).toBe(2);
  });
});
