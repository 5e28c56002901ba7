import { SessionManager, StateroomError, unwrap } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { flaky, manualClock, override } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aborted, rooms, started, tell } from '../testing/rooms.ts';
import { TurnManager } from './turn-manager.ts';

describe('a turn', () => {
  it('stores its message with its begin, and all that came of it with its end', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    const turn = started(await room.begin('m1'));
    expect([turn.id, turn.history.items, turn.input]).toEqual(['m1#1', [], ['m1:user']]);
    expect(await room.stored()).toEqual({ messages: [], told: [] });
    expect((await room.turns.open('s'))?.running).toMatchObject({ turnId: 'm1#1', input: ['m1:user'] });
    turn.update(tell('a'));
    expect(turn.state).toEqual({ told: ['a'] });
    expect(await turn.end({ messages: ['m1:answer'] })).toMatchObject({
      status: 'ended',
      record: { status: 'completed' },
    });
    expect(await room.stored()).toEqual({ messages: ['m1:user', 'm1:answer'], told: ['a'] });
    expect((await room.turns.open('s'))?.running).toBe(null);
    expect(await room.turns.list('s')).toMatchObject([
      { turnId: 'm1#1', status: 'completed', messages: { from: 0, to: 2 } },
    ]);
  });

  it('is alone in its session, and the next finds what it has left', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    const first = started(await room.begin('m1'));
    expect(await room.begin('m2')).toEqual({ status: 'refused', by: 'turn', turnId: 'm1#1' });
    expect(await room.begin('m1')).toEqual({ status: 'running', turnId: 'm1#1' });
    await first.end({ messages: ['m1:answer'] });
    expect(await room.begin('m1')).toEqual({ status: 'finished', turnId: 'm1#1', outcome: 'completed' });
    const second = started(await room.begin('m2'));
    expect(second.history.items).toEqual(['m1:user', 'm1:answer']);
    await second.end();
  });

  it('keeps whole steps, and what others have changed meanwhile', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    const turn = started(await room.begin('m1'));
    turn.update(tell('step'));
    await turn.step({ messages: ['m1:step'] });
    expect(await room.stored()).toEqual({ messages: ['m1:user', 'm1:step'], told: ['step'] });
    await room.sessions.updateSession('s', tell('other'));
    turn.update(tell('end'));
    await turn.end({ messages: ['m1:answer'] });
    expect(await room.stored()).toEqual({
      messages: ['m1:user', 'm1:step', 'm1:answer'],
      told: ['step', 'other', 'end'],
    });
  });

  it('keeps what was said when a change of it throws on what others have stored meanwhile', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    const turn = started(await room.begin('m1'));
    turn.update((state) => {
      if (state.told.includes('other')) throw new StateroomError('LIMIT', 'there is no room', { path: 'basket' });
      return tell('mine')(state);
    });
    await room.sessions.updateSession('s', tell('other'));
    expect(await turn.end({ messages: ['m1:answer'] })).toMatchObject({ record: { status: 'failed' } });
    expect(await room.stored()).toEqual({ messages: ['m1:user', 'm1:answer'], told: ['other'] });
    expect(() => turn.assertHeld()).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
  });

  it('says what it says to those who follow, in order, to the end', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    const turn = started(await room.begin('m1'));
    const heard: unknown[] = [];
    const following = (async () => {
      const words = room.turns.follow('s', { turnId: turn.id });
      for (;;) {
        const next = await words.next();
        if (next.done) return next.value;
        heard.push(...next.value.chunks);
      }
    })();
    for (let word = 0; word < 5; word++) {
      await turn.write(word);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await turn.end();
    expect(await following).toMatchObject({ status: 'completed' });
    expect(heard).toEqual([0, 1, 2, 3, 4]);
  });

  it('that died leaves its message and its steps to the next, which closes it', async () => {
    const clock = manualClock();
    const room = rooms(memoryStorage({ clock: clock.now }), { leaseMs: 1000 });
    await room.create();
    const dead = started(await room.begin('m1'));
    dead.update(tell('step'));
    await dead.step({ messages: ['m1:step'] });
    void clock.advance(1001);
    expect(await room.turns.follow('s', { turnId: 'm1#1', from: 99 }).next()).toMatchObject({
      value: { status: 'crashed' },
    });
    const next = started(await room.begin('m2'));
    expect(next.history.items).toEqual(['m1:user', 'm1:step']);
    await expect(dead.end()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(dead.signal.aborted).toBe(true);
    await next.end();
    expect((await room.turns.list('s')).map(({ status }) => status)).toEqual(['crashed', 'completed']);
    expect((await room.stored()).told).toEqual(['step']);
  });
});

describe('a storage that does not answer', () => {
  it('costs the turn its lease, and nobody waits for it any longer', async () => {
    const inner = memoryStorage();
    let isSilent = false;
    const room = rooms(
      { ...flaky(inner, {}), commit: (transaction) => (isSilent ? new Promise(() => {}) : inner.commit(transaction)) },
      { leaseMs: 300 },
    );
    await room.create();
    const turn = started(await room.begin('m1'));
    isSilent = true;
    await turn.write('word');
    expect(await aborted(turn)).toMatchObject({ code: 'STORAGE' });
    await expect(turn.end({ messages: ['m1:answer'] })).rejects.toMatchObject({ code: 'STORAGE' });
    isSilent = false;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await started(await room.begin('m2')).end();
    expect((await room.stored()).messages).toEqual(['m1:user', 'm2:user']);
  });
});

describe('what a dead turn said', () => {
  it('is salvaged by the next, behind its steps', async () => {
    const clock = manualClock();
    const salvage = async ({ chunks }: { readonly chunks: readonly unknown[] }) =>
      chunks.slice(chunks.indexOf('step') + 1);
    const room = rooms(memoryStorage({ clock: clock.now }), { leaseMs: 1000, salvage });
    await room.create();
    const dead = started(await room.begin('m1'));
    for (const word of ['a', 'step']) await dead.write(word);
    await dead.step({ messages: ['m1:a'] });
    await dead.write('b');
    await new Promise((resolve) => setTimeout(resolve, 300));
    void clock.advance(1001);
    const next = started(await room.begin('m2'));
    expect(next.history.items).toEqual(['m1:user', 'm1:a', 'b']);
    await next.end();
    expect((await room.turns.list('s'))[0]).toMatchObject({ status: 'crashed', messages: { from: 0, to: 3 } });
  });
});

describe('a rewind', () => {
  async function talk() {
    const room = rooms(memoryStorage());
    await room.create();
    for (const id of ['m1', 'm2', 'm3']) {
      const turn = started(await room.begin(id));
      turn.update(tell(id));
      await turn.end({ messages: [`${id}:answer`] });
    }
    return room;
  }

  it('takes state, transcript and turns back to what they were after a turn', async () => {
    const room = await talk();
    await room.sessions.updateSession('s', tell('later'));
    expect((await room.turns.rewind('s', { turnId: 'm1#1' })).map(({ turnId }) => turnId)).toEqual(['m2#1', 'm3#1']);
    expect(await room.stored()).toEqual({ messages: ['m1:user', 'm1:answer'], told: ['m1'] });
    const again = started(await room.begin('m2'));
    await again.end({ messages: ['m2:other'] });
    expect((await room.stored()).messages).toEqual(['m1:user', 'm1:answer', 'm2:user', 'm2:other']);
    expect(await room.turns.rewind('s', { turnId: 'm2#1' })).toEqual([]);
  });

  it('goes back to the beginning, or leaves the state where it is', async () => {
    const room = await talk();
    await room.turns.rewind('s', { turnId: 'm2#1', keepState: true });
    expect(await room.stored()).toMatchObject({ told: ['m1', 'm2', 'm3'] });
    await room.turns.rewind('s', { turnId: null });
    expect(await room.stored()).toEqual({ messages: [], told: [] });
  });

  it('says no while a turn runs, for a turn that is not there, and for one too long ago', async () => {
    const room = await talk();
    await expect(room.turns.rewind('s', { turnId: 'm9#1' })).rejects.toMatchObject({ code: 'INVALID', path: 'turnId' });
    const running = started(await room.begin('m4'));
    await expect(room.turns.rewind('s', { turnId: 'm1#1' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await running.end();
    for (let n = 5; n < 25; n++) await started(await room.begin(`m${n}`)).end();
    await expect(room.turns.rewind('s', { turnId: 'm1#1' })).rejects.toMatchObject({ code: 'NO_CHECKPOINT' });
    await room.turns.rewind('s', { turnId: 'm1#1', keepState: true });
    expect((await room.stored()).messages).toEqual(['m1:user', 'm1:answer']);
  });

  it('leaves a message whose last attempt is gone as the one before has left it', async () => {
    const room = await talk();
    const failed = started(await room.begin('m4'));
    await failed.end({ status: 'failed', messages: ['m4:half'] });
    const again = started(await room.begin('m4'));
    await again.end({ messages: ['m4:answer'] });
    await room.turns.rewind('s', { turnId: 'm4#1' });
    const next = started(await room.begin('m4'));
    expect([next.id, next.input]).toEqual(['m4#2', []]);
    await next.end({ messages: ['m4:other'] });
    expect((await room.stored()).messages.slice(-3)).toEqual(['m4:user', 'm4:half', 'm4:other']);
  });

  it('leaves a message that a failed turn took along as one that is to be tried again', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    const failed = started(await room.begin('m1'));
    await room.begin('m2', { overlap: 'steer', signal: AbortSignal.abort() });
    // The first brings the letter, the second takes the message along.
    await failed.step();
    await failed.step();
    await failed.end({ status: 'failed' });
    await started(await room.begin('m2')).end({ messages: ['m2:answer'] });
    await room.turns.rewind('s', { turnId: 'm1#1' });
    const again = started(await room.begin('m2'));
    expect([again.id, again.input]).toEqual(['m2#1', []]);
    await again.end();
    expect((await room.stored()).messages).toEqual(['m1:user', 'm2:user']);
  });

  it('closes a dead turn first', async () => {
    const clock = manualClock();
    const room = rooms(memoryStorage({ clock: clock.now }), { leaseMs: 1000 });
    await room.create();
    await started(await room.begin('m1')).end();
    await started(await room.begin('m2')).step({ messages: ['m2:step'] });
    void clock.advance(1001);
    await room.turns.rewind('s', { turnId: 'm1#1' });
    expect(await room.stored()).toEqual({ messages: ['m1:user'], told: [] });
    await started(await room.begin('m2')).end();
  });
});

describe('a fork', () => {
  it('has all that was there after a turn, goes its own way, and answers nothing again', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    for (const id of ['m1', 'm2']) {
      const turn = started(await room.begin(id));
      turn.update(tell(id));
      await turn.end({ messages: [`${id}:answer`] });
    }
    const running = started(await room.begin('m3'));
    const forkId = await room.turns.fork('s', { turnId: 'm1#1' });
    expect(await room.stored(forkId)).toEqual({ messages: ['m1:user', 'm1:answer'], told: ['m1'] });
    await running.end();
    const options = { ...room.access, input: ['m4:user'] };
    expect(await room.turns.begin(forkId, { ...options, messageId: 'm1' })).toMatchObject({ status: 'finished' });
    await started(await room.turns.begin(forkId, { ...options, messageId: 'm4' })).end({ messages: ['m4:answer'] });
    expect((await room.stored(forkId)).messages).toEqual(['m1:user', 'm1:answer', 'm4:user', 'm4:answer']);
    await room.turns.rewind(forkId, { turnId: 'm1#1' });
    expect((await room.stored(forkId)).messages).toEqual(['m1:user', 'm1:answer']);
    await room.turns.rewind(forkId, { turnId: null });
    expect(await room.stored(forkId)).toEqual({ messages: [], told: [] });
    expect((await room.stored()).messages).toHaveLength(5);
    const { metadata } = unwrap(await room.sessions.getSession(forkId));
    expect(metadata).toEqual({ forkOf: { sessionId: 's', turnId: 'm1#1' } });
    await expect(room.turns.fork('s', { turnId: 'm9#1' })).rejects.toMatchObject({ code: 'INVALID' });
    await expect(room.turns.fork('s', { turnId: null, forkId })).rejects.toMatchObject({ code: 'EXISTS' });
  });

  it('can be gone back in to the states that can be gone back to where it comes from', async () => {
    const room = rooms(memoryStorage());
    await room.create();
    const ids = Array.from({ length: 25 }, (_, index) => `m${index + 1}`);
    for (const id of ids) {
      const turn = started(await room.begin(id));
      turn.update(tell(id));
      await turn.end();
    }
    const forkId = await room.turns.fork('s', { turnId: 'm24#1' });
    await expect(room.turns.rewind(forkId, { turnId: 'm5#1' })).rejects.toMatchObject({ code: 'NO_CHECKPOINT' });
    for (const count of [23, 6]) {
      await room.turns.rewind(forkId, { turnId: `m${count}#1` });
      expect((await room.stored(forkId)).told).toEqual(ids.slice(0, count));
    }
    const again = await room.turns.fork(forkId, { turnId: 'm6#1' });
    await room.turns.rewind(again, { turnId: null });
    expect(await room.stored(again)).toEqual({ messages: [], told: [] });
    expect((await room.stored()).told).toEqual(ids);
  });

  it('is made whole though somebody has found it, and writes to it, before it is', async () => {
    const storage = memoryStorage();
    let isForking = false;
    const busy = override(storage, {
      commit: async (transaction) => {
        const isMarking = transaction.changes.some(({ type, key }) => type === 'set' && key.includes('checkpoint'));
        if (isForking && isMarking) {
          isForking = false;
          const { sessions } = await room.sessions.listSessions({ owner: 'guest', limit: 1 });
          unwrap(await room.sessions.updateSession(sessions[0]?.sessionId ?? '', tell('early')));
        }
        return storage.commit(transaction);
      },
    });
    const room = rooms(busy);
    await room.create();
    const turn = started(await room.begin('m1'));
    turn.update(tell('m1'));
    await turn.end({ messages: ['m1:answer'] });
    isForking = true;
    const forkId = await room.turns.fork('s', { turnId: 'm1#1' });
    expect((await room.stored(forkId)).told).toEqual(['m1', 'early']);
    const again = { ...room.access, messageId: 'm1', input: ['m1:user'] };
    expect(await room.turns.begin(forkId, again)).toMatchObject({ status: 'finished' });
    await started(await room.turns.begin(forkId, { ...again, messageId: 'm2' })).end();
    await room.turns.rewind(forkId, { turnId: 'm1#1' });
    expect((await room.stored(forkId)).told).toEqual(['m1']);
  });

  it('is not there when it could not be made whole', async () => {
    const storage = memoryStorage();
    let isForking = false;
    const failing = override(storage, {
      commit: async (transaction) => {
        const isMarking =
          isForking && transaction.changes.some(({ type, key }) => type === 'set' && key.includes('checkpoint'));
        if (isMarking) throw new StateroomError('STORAGE', 'the storage is away for a moment');
        return storage.commit(transaction);
      },
    });
    const room = rooms(failing);
    await room.create();
    await started(await room.begin('m1')).end({ messages: ['m1:answer'] });
    isForking = true;
    await expect(room.turns.fork('s', { turnId: 'm1#1' })).rejects.toMatchObject({ code: 'STORAGE' });
    const { sessions } = await room.sessions.listSessions({ owner: 'guest' });
    expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['s']);
  });
});

describe('a TurnManager', () => {
  it('says at once what it cannot work with, and what would do', async () => {
    const plain = new SessionManager({
      storage: memoryStorage(),
      schema: z.object({}),
      initialState: () => ({}),
      lists: ['messages', 'turns'],
    });
    const fault = { code: 'INVALID', path: 'sessions', message: expect.stringContaining('turnAttachment') };
    expect(() => new TurnManager({ sessions: plain })).toThrow(expect.objectContaining(fault));
    for (const limits of [{ leaseMs: 0 }, { maxQueue: -1 }, { maxTurnMs: 1.5 }, { queueWaitMs: Number.NaN }]) {
      const path = Object.keys(limits)[0];
      expect(() => rooms(memoryStorage(), limits)).toThrow(expect.objectContaining({ code: 'INVALID', path }));
    }
    const room = rooms(memoryStorage());
    await room.create();
    await expect(room.begin('m1', { overlap: 'maybe' as never })).rejects.toMatchObject({ path: 'overlap' });
    await expect(room.begin('')).rejects.toMatchObject({ code: 'INVALID_ID', path: 'messageId' });
  });
});
