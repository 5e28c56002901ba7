import { observed, type StorageCommand, type StorageProvider } from '@stateroom/core';
import { rooms, started } from './rooms.ts';

export type TurnCosts = {
  /** Round trips of a turn that is begun and ended, whatever its tools do. */
  readonly plain: number;
  /** What each further model step adds. */
  readonly step: number;
  /** Bytes that the tenth and the thousandth turn of a session write: the same turn, in a longer conversation. */
  readonly tenth: number;
  readonly thousandth: number;
  /** Bytes that their begins read, in the process that has run the turn before. */
  readonly tenthBegin: number;
  readonly thousandthBegin: number;
};

const answer = 'a word of the answer, '.repeat(50);

/** Counts what turns cost on a storage. */
export async function measureTurns(storage: StorageProvider): Promise<TurnCosts> {
  const sum = { trips: 0, bytes: 0, read: 0 };
  const onCommand = ({ sentBytes, receivedBytes }: StorageCommand) => {
    sum.trips += 1;
    sum.bytes += sentBytes;
    sum.read += receivedBytes;
  };
  const room = rooms(observed(storage, { onCommand }));
  await room.create();
  const take = async (number: number, steps: number) => {
    // Told of in a task of its own.
    await Promise.resolve();
    Object.assign(sum, { trips: 0, bytes: 0, read: 0 });
    const turn = started(await room.begin(`m${10_000 + number}`));
    await Promise.resolve();
    const begin = sum.read;
    for (let step = 0; step < steps; step++) await turn.step({ messages: [`${answer}${step}`] });
    await turn.end({ messages: [answer] });
    await Promise.resolve();
    return { ...sum, begin };
  };
  const turns = new Map<number, Awaited<ReturnType<typeof take>>>();
  for (let number = 1; number <= 1000; number++) turns.set(number, await take(number, 0));
  const [tenth, thousandth] = [turns.get(10), turns.get(1000)];
  const plain = (await take(1001, 0)).trips;
  const stepped = (await take(1002, 3)).trips;
  return {
    plain,
    step: (stepped - plain) / 3,
    tenth: tenth?.bytes ?? 0,
    thousandth: thousandth?.bytes ?? 0,
    tenthBegin: tenth?.begin ?? 0,
    thousandthBegin: thousandth?.begin ?? 0,
  };
}

/** How many commits store an answer of so many chunks, one each so many milliseconds, beside its begin and end. */
export async function countFlushes(
  storage: StorageProvider,
  { chunks, everyMs, pass }: { chunks: number; everyMs: number; pass: (ms: number) => Promise<unknown> },
): Promise<number> {
  let commits = 0;
  const room = rooms(observed(storage, { onCommand: ({ method }) => (commits += method === 'commit' ? 1 : 0) }));
  await room.create('flushes');
  const begun = await room.turns.begin('flushes', { ...room.access, messageId: 'm', input: [] });
  const turn = started(begun);
  const before = commits;
  for (let chunk = 0; chunk < chunks; chunk++) {
    await turn.write({ type: 'text-delta', id: 't', delta: 'word ' });
    await pass(everyMs);
  }
  const flushes = commits - before;
  await turn.end();
  return flushes;
}
