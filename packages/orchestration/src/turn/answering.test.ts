import { StateroomError, type StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { override } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { rooms, started, tell, type Told } from '../testing/rooms.ts';
import { answersTo, isAnswering } from './turn-id.ts';

/** Takes the question out of the state, which must hold it. */
const take = (state: Told): Told => {
  if (!state.told.includes('question')) throw new StateroomError('NOT_PENDING', 'there is no question');
  return { told: state.told.map((word) => (word === 'question' ? 'taken' : word)) };
};

const answers = (turnId = 'm1#1') => ({ input: ['answers'], answering: { turnId, change: take } });

/** Two servers, and a session in which a question is open. */
async function asked(storage: StorageProvider = memoryStorage()) {
  const [room, other] = [rooms(storage, { leaseMs: 300 }), rooms(storage, { leaseMs: 300 })];
  await room.create();
  const turn = started(await room.begin('m1'));
  await turn.end({ status: 'waiting', messages: ['m1:question'], asking: tell('question') });
  return { room, other };
}

describe('the id of answers', () => {
  it('is one for each question of a message', () => {
    expect(answersTo('m1#1')).toBe('m1#1~1');
    expect(answersTo('m1#1~1#1')).toBe('m1#1~2');
    expect(answersTo('m1#1~9#3')).toBe('m1#1~10');
    expect(answersTo('m1#2')).toBe('m1#2~1');
    expect(answersTo('x~1#1')).toBe('x~1#1~1');
    expect(['m1#1', 'x~1#1', 'm1#1~1#1'].map(isAnswering)).toEqual([false, false, true]);
  });
});

describe.each([
  ['memory', () => memoryStorage()],
  ['sqlite', () => sqliteStorage({ path: ':memory:' })],
])('a turn that answers a question, on %s', (_name, create) => {
  it('goes on with the turn that waits, and has taken the question with its begin', async () => {
    const { room } = await asked(create());
    const turn = started(await room.begin('m1#1~1', answers()));
    expect([turn.id, turn.state, turn.history.items]).toEqual([
      'm1#1~1#1',
      { told: ['taken'] },
      ['m1:user', 'm1:question'],
    ]);
    expect((await room.stored()).told).toEqual(['taken']);
    expect((await room.turns.open('s'))?.running).toMatchObject({ parentTurnId: 'm1#1', input: ['answers'] });
    await turn.end({ messages: ['m1:answer'] });
    expect(await room.turns.list('s')).toMatchObject([
      { turnId: 'm1#1', status: 'waiting' },
      { turnId: 'm1#1~1#1', parentTurnId: 'm1#1', status: 'completed' },
    ]);
  });

  it('is one, of ten at once in two servers', async () => {
    const { room, other } = await asked(create());
    const begun = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? room : other).begin('m1#1~1', answers())),
    );
    expect(begun.filter(({ status }) => status === 'started')).toHaveLength(1);
    expect(begun.filter(({ status }) => status === 'running')).toHaveLength(9);
    await started(begun.find(({ status }) => status === 'started') ?? { status: 'stopped', turnId: '' }).end();
    expect(await room.begin('m1#1~1', answers())).toMatchObject({ status: 'finished', outcome: 'completed' });
  });

  it('is refused once another message came, or another answer', async () => {
    const { room } = await asked(create());
    await started(await room.begin('m2')).end();
    await expect(room.begin('m1#1~1', answers())).rejects.toMatchObject({ code: 'NOT_PENDING' });
    await expect(room.begin('m2#1~1', answers('m2#1'))).rejects.toMatchObject({ code: 'NOT_PENDING' });
    expect((await room.stored()).told).toEqual(['question']);
  });

  it('is refused by what its change throws, and then has changed nothing', async () => {
    const { room } = await asked(create());
    const change = () => {
      throw new StateroomError('EXPIRED', 'too late');
    };
    const refused = room.begin('m1#1~1', { input: ['answers'], answering: { turnId: 'm1#1', change } });
    await expect(refused).rejects.toMatchObject({ code: 'EXPIRED' });
    expect(await room.turns.open('s')).toMatchObject({ running: null, state: { told: ['question'] } });
    await started(await room.begin('m1#1~1', answers())).end();
  });

  it('gives the question back neither when it is rolled back nor when it dies', async () => {
    const { room } = await asked(create());
    const first = started(await room.begin('m1#1~1', answers()));
    first.update(tell('dropped'));
    await first.step();
    first.request('rolled_back');
    await first.end();
    expect(await room.stored()).toEqual({ messages: ['m1:user', 'm1:question'], told: ['taken'] });
    const second = started(await room.begin('m1#1~1', answers()));
    expect([second.id, second.state]).toEqual(['m1#1~1#2', { told: ['taken'] }]);
    second.abandon();
    await new Promise((resolve) => setTimeout(resolve, 350));
    const third = started(await room.begin('m1#1~1', answers()));
    expect([third.id, third.input, third.history.items]).toEqual([
      'm1#1~1#3',
      [],
      ['m1:user', 'm1:question', 'answers'],
    ]);
    await third.end();
    expect((await room.stored()).told).toEqual(['taken']);
  });

  it('is not begun on the question of a turn that another one, now dead, came after', async () => {
    const { room } = await asked(create());
    started(await room.begin('m2')).abandon();
    await new Promise((resolve) => setTimeout(resolve, 350));
    await expect(room.begin('m1#1~1', answers())).rejects.toMatchObject({ code: 'NOT_PENDING' });
  });

  it('asks again on the state that somebody else has changed meanwhile', async () => {
    const { storage, beforeBegin } = intruded(create());
    const { room } = await asked(storage);
    beforeBegin(() => room.sessions.updateSession('s', tell('other')));
    let asks = 0;
    const change = (state: Told) => {
      asks += 1;
      return take(state);
    };
    const turn = started(await room.begin('m1#1~1', { input: [], answering: { turnId: 'm1#1', change } }));
    expect([turn.state, asks]).toEqual([{ told: ['taken', 'other'] }, 2]);
    await turn.end();
  });

  it('takes the question again when a rewind has brought it back before its next attempt began', async () => {
    const { storage, beforeBegin } = intruded(create());
    const { room } = await asked(storage);
    await started(await room.begin('m1#1~1', answers())).end({ status: 'failed' });
    beforeBegin(() => room.turns.rewind('s', { ...room.access, turnId: 'm1#1' }));
    const turn = started(await room.begin('m1#1~1', answers()));
    expect([turn.id, turn.state]).toEqual(['m1#1~1#1', { told: ['taken'] }]);
    await turn.end();
  });

  it('is not tried again once another message came, though nothing is left of it', async () => {
    const { room } = await asked(create());
    const first = started(await room.begin('m1#1~1', answers()));
    first.request('rolled_back');
    await first.end();
    await started(await room.begin('m2')).end();
    expect(await room.begin('m1#1~1', answers())).toMatchObject({ status: 'finished', outcome: 'rolled_back' });
  });

  it.each(['failed', 'rolled_back'] as const)(
    'is not tried again behind a message that came before its next attempt began (%s)',
    async (status) => {
      const { storage, beforeBegin } = intruded(create());
      const { room } = await asked(storage);
      const first = started(await room.begin('m1#1~1', answers()));
      if (status === 'rolled_back') first.request(status);
      await first.end({ status: 'failed' });
      beforeBegin(async () => started(await room.begin('m2')).end());
      expect(await room.begin('m1#1~1', answers())).toMatchObject({ status: 'finished', outcome: status });
    },
  );

  it.each(['reject', 'enqueue', 'interrupt', 'rollback', 'steer'] as const)(
    'is refused by a turn that runs, and leaves nothing behind (%s)',
    async (overlap) => {
      const { room } = await asked(create());
      const other = started(await room.begin('m2'));
      const refused = await room.begin('m1#1~1', { ...answers(), overlap, signal: AbortSignal.abort() });
      expect(refused).toEqual({ status: 'refused', by: 'turn', turnId: 'm2#1' });
      expect(await other.end()).toMatchObject({ status: 'ended', record: { status: 'completed', taken: [] } });
      await started(await room.begin('m3')).end();
    },
  );
});

/** A storage on which something may be done just before a commit that would begin a turn. */
function intruded(storage: StorageProvider) {
  let task: (() => Promise<unknown>) | null = null;
  const commit: StorageProvider['commit'] = async (transaction) => {
    const intrude = transaction.changes.some(({ key }) => key.endsWith('run')) ? task : null;
    if (intrude !== null) task = null;
    await intrude?.();
    return storage.commit(transaction);
  };
  return {
    storage: override(storage, { commit }),
    beforeBegin: (intrude: () => Promise<unknown>) => {
      task = intrude;
    },
  };
}

it('a turn that is asked to end before it has asked its question asks none', async () => {
  const room = rooms(memoryStorage());
  await room.create();
  const turn = started(await room.begin('m1'));
  turn.request('stopped');
  const ended = await turn.end({ status: 'waiting', asking: tell('question') });
  expect(ended).toMatchObject({ record: { status: 'stopped' } });
  expect((await room.stored()).told).toEqual([]);
});
