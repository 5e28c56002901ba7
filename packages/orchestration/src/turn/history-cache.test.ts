import { copyStorage, observed, type StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { manualClock, override } from '@stateroom/core/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../../../core/src/testing/seed.ts';
import { rooms, started, type Told } from '../testing/rooms.ts';
import type { BeginOptions } from './overlap.ts';
import { HistoryCache } from './history-cache.ts';

type Room = ReturnType<typeof rooms>;
type Options = Partial<Pick<BeginOptions<unknown>, 'messageId' | 'lastMessages' | 'overlap'>> & {
  readonly replacing?: { readonly after: string | null };
};

type StageOptions = { readonly storage?: StorageProvider; readonly historyCacheBytes?: number };

/** Two processes that remember, on one storage; of the first it is counted what its begins cost. */
async function stage({ storage = memoryStorage(), ...limits }: StageOptions = {}) {
  const count = { trips: 0, bytes: 0 };
  const onCommand = ({ receivedBytes }: { readonly receivedBytes: number }) => {
    count.trips += 1;
    count.bytes += receivedBytes;
  };
  const first = rooms(observed(storage, { onCommand }), limits);
  const [second, plain] = [rooms(storage, limits), rooms(storage)];
  await plain.create();
  let turns = 0;
  const begin = async (room: Room, options: Options = {}) => {
    turns += 1;
    Object.assign(count, { trips: 0, bytes: 0 });
    const turn = started(await room.begin(`m${turns}`, options));
    await Promise.resolve();
    return { turn, cost: { ...count } };
  };
  /** A turn that adds so many items beside its message; and the transcript before it. */
  const take = async (room: Room, options: Options = {}, items = 1) => {
    const { turn, cost } = await begin(room, options);
    const { messages } = await plain.stored();
    await turn.end({ messages: Array.from({ length: items }, (_, item) => `${turn.id}.${item}`) });
    return { history: turn.history, messages, cost };
  };
  return { storage, first, second, plain, begin, take };
}

const pastOf = async ({ turns }: Room) => (await turns.list('s')).map(({ turnId }) => turnId);

const stays = (state: Told) => state;

/** What others do to a transcript. */
const deeds = {
  rewind: async (room: Room) => {
    const past = await pastOf(room);
    await room.turns.rewind('s', { turnId: past[Math.floor(past.length / 2) - 1] ?? null });
  },
  reset: async ({ sessions }: Room) => void (await sessions.resetSession('s')),
  recreate: async ({ sessions, create }: Room) => {
    await sessions.deleteSession('s');
    await create();
  },
};

const anyTurn = fc.record({
  process: fc.constantFrom('first' as const, 'second' as const),
  lastMessages: fc.constantFrom(undefined, undefined, 0, 1, 3, 200),
  items: fc.constantFrom(0, 1, 5, 120),
  isReplacing: fc.constantFrom(false, false, false, true),
});
const anyMove = fc.oneof(
  { weight: 3, arbitrary: anyTurn },
  { weight: 1, arbitrary: fc.constantFrom<keyof typeof deeds>('rewind', 'reset', 'recreate') },
);

describe(`what a process remembers of a transcript (SEED=${seed})`, () => {
  it('is what is stored, whatever others have done to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMove, { maxLength: 15, size: 'max' }), async (moves) => {
        const { take, plain, ...processes } = await stage();
        for (const move of moves) {
          if (typeof move === 'string') {
            await deeds[move](plain);
            continue;
          }
          const { lastMessages, isReplacing, items } = move;
          const replacing = { after: (await pastOf(plain))[0] ?? null };
          const options = { ...(lastMessages !== undefined && { lastMessages }), ...(isReplacing && { replacing }) };
          const { history, messages } = await take(processes[move.process], options, items);
          const start = lastMessages === undefined ? 0 : Math.max(0, messages.length - lastMessages);
          expect(history).toEqual({ items: messages.slice(start), length: messages.length });
        }
      }),
      { seed, numRuns: Number(process.env['RUNS'] ?? 100) },
    );
  });

  it('is not read again; where it was cut, one more round trip tells it anew', async () => {
    const { first, second, plain, take } = await stage();
    const append = { messages: Array.from({ length: 100 }, () => 'w'.repeat(1000)) };
    await plain.sessions.updateSession('s', stays, { append });
    const costs = [(await take(first)).cost, (await take(first)).cost];
    await take(second);
    costs.push((await take(first)).cost);
    await plain.turns.rewind('s', { turnId: 'm1#1' });
    costs.push((await take(first)).cost, (await take(first)).cost);
    expect(costs.map(({ trips, bytes }) => ({ trips, isWhole: bytes > 100_000 }))).toEqual([
      { trips: 1, isWhole: true },
      { trips: 1, isWhole: false },
      { trips: 1, isWhole: false },
      { trips: 2, isWhole: true },
      { trips: 1, isWhole: false },
    ]);
  });

  it.each([
    { came: 50, trips: 1 },
    { came: 150, trips: 2 },
  ])('is gone on with, where only its end is wanted and $came items came since', async ({ came, trips }) => {
    const { first, second, take } = await stage();
    await take(first, {}, 10);
    await take(first, { lastMessages: 1 });
    await take(second, {}, came);
    expect((await take(first, { lastMessages: 1 })).cost.trips).toBe(trips);
  });

  it.each([
    {
      name: 'was cut',
      deed: async ({ sessions }: Room) => sessions.updateSession('s', stays, { truncate: { messages: 0 } }),
    },
    { name: 'was reset', deed: deeds.reset },
    { name: 'was made anew', deed: deeds.recreate },
  ])('is not gone by, where the session $name and is the same at the seam', async ({ deed }) => {
    const { first, plain, take } = await stage();
    await plain.sessions.updateSession('s', stays, { append: { messages: ['one', 'same'] } });
    await take(first);
    await deed(plain);
    await plain.sessions.updateSession('s', stays, { append: { messages: ['other', 'same', 'more', 'yet'] } });
    expect((await take(first)).history.items).toEqual(['other', 'same', 'more', 'yet']);
  });

  it('is nothing of what lay there before the list was begun', async () => {
    const { first, plain, storage, begin, take } = await stage();
    const key = plain.sessions.parts.keys('s').ofList('messages');
    await storage.commit({ checks: [], changes: [{ type: 'append', key, items: ['"one"', '"same"'], ttlMs: null }] });
    const { turn } = await begin(first);
    await plain.sessions.updateSession('s', stays, { append: { messages: ['other', 'same', 'more'] } });
    await turn.end();
    expect(turn.history.items).toEqual([]);
    expect((await take(first)).history.items).toEqual(['other', 'same', 'more', 'm1:user']);
  });

  it.each([
    { name: 'remembers', historyCacheBytes: 1_000_000 },
    { name: 'does not', historyCacheBytes: 0 },
  ])(
    'is asked for in the same round trips where the turn itself cuts it, by one that $name',
    async ({ historyCacheBytes }) => {
      const clock = manualClock();
      const { first, take, begin } = await stage({ storage: memoryStorage({ clock: clock.now }), historyCacheBytes });
      await take(first);
      await take(first);
      const replaced = (await take(first, { replacing: { after: 'm1#1' } })).cost.trips;
      await (await begin(first)).turn.step({ messages: ['step'] });
      void clock.advance(30_001);
      const { cost, history } = await take(first, { overlap: 'rollback' });
      expect([replaced, cost.trips, history.items]).toEqual([3, 3, ['m1:user', 'm1#1.0', 'm3:user', 'm3#1.0']]);
    },
  );

  it('is nobody’s to change', async () => {
    const { first, take } = await stage();
    await first.sessions.updateSession('s', stays, { append: { messages: [{ text: 'hello' }] } });
    const { history } = await take(first);
    Object.assign(Object(history.items[0]), { text: 'changed' });
    expect((await take(first)).history.items[0]).toEqual({ text: 'hello' });
  });

  it('is not gone by, where a storage has lost its newest items and has others in their place', async () => {
    const [lost, kept] = [memoryStorage(), memoryStorage()];
    let current: StorageProvider = lost;
    const storage = override(lost, {
      read: (reads) => current.read(reads),
      commit: (transaction) => current.commit(transaction),
    });
    const { first, second, take } = await stage({ storage });
    await take(first);
    await copyStorage(lost, kept);
    await take(first);
    await take(first);
    current = kept;
    for (let turns = 0; turns < 3; turns++) await take(second);
    const { history, messages } = await take(first);
    expect([history.items, history.length]).toEqual([messages, 8]);
  });
});

describe('what is remembered is bounded', () => {
  async function cacheOf(bounds: { readonly maxBytes: number; readonly maxSessions?: number }) {
    const { sessions } = rooms(memoryStorage());
    const cache = new HistoryCache(bounds);
    const see = async (sessionId: string, items: readonly string[]) => {
      await sessions.createSession({ sessionId, content: { state: { told: [] }, lists: { messages: items } } });
      const { parts } = sessions;
      const { entries } = await parts.read({ entries: [parts.keys(sessionId).record] });
      const question = cache.ask(sessionId);
      return cache.answer(await parts.open(sessionId, entries[0]), question, { items, length: items.length });
    };
    return { see, isKnown: (sessionId: string) => cache.ask(sessionId).known !== null };
  }

  it('in sessions, of which the least recently used goes', async () => {
    const { see, isKnown } = await cacheOf({ maxBytes: 1_000_000, maxSessions: 2 });
    for (const id of ['a', 'b', 'a', 'c']) await see(id, ['"word"']);
    expect(['a', 'b', 'c'].map(isKnown)).toEqual([true, false, true]);
  });

  it('in bytes, of all sessions and of each', async () => {
    const { see, isKnown } = await cacheOf({ maxBytes: 5000 });
    for (const id of ['a', 'b', 'c']) await see(id, [`"${'w'.repeat(1000)}"`]);
    expect(['a', 'b', 'c'].map(isKnown)).toEqual([false, true, true]);
    await see('d', [`"${'w'.repeat(3000)}"`]);
    expect(['b', 'c', 'd'].map(isKnown)).toEqual([true, true, false]);
  });
});
