import type { RoomState } from './room-state.ts';
import { Word } from './vocabulary.ts';

/** Streams have no gaps, no doubles, no words of others, and nothing behind their ends. */
export function streamFaults({ streams, turns }: RoomState): string[] {
  return [...streams].flatMap(([turnId, items]) => {
    const faults = wordFaults(turnId, wordsOf(items));
    const end = items.findIndex((item) => 'end' in item);
    if (end >= 0 && end !== items.length - 1) faults.push(`the stream of ${turnId} goes on after its end`);
    const record = turns.find((turn) => turn.turnId === turnId);
    const last = items.at(-1);
    const told = last !== undefined && 'end' in last ? last.end : null;
    if (record !== undefined && told !== record.status)
      faults.push(`${turnId} has ended as ${record.status}, its stream as ${told}`);
    return faults;
  });
}

export function wordsOf(items: RoomState['streams'] extends ReadonlyMap<string, infer I> ? I : never): readonly Word[] {
  return items.flatMap((item) => ('chunks' in item ? item.chunks.map((chunk) => Word.parse(chunk)) : []));
}

/** `first` is the number of the first word. */
export function wordFaults(turnId: string, words: readonly Word[], first = 0): string[] {
  const faults: string[] = [];
  const runs = new Set(words.map(({ by }) => by));
  if (runs.size > 1) faults.push(`the stream of ${turnId} is of ${[...runs].join(' and ')}`);
  words.forEach(({ turn, word }, index) => {
    if (turn !== turnId) faults.push(`a word of ${turn} is in the stream of ${turnId}`);
    if (word !== first + index) faults.push(`the stream of ${turnId} has word ${word} at place ${first + index}`);
  });
  return faults;
}
