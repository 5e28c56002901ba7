import type { RoomState } from './room-state.ts';
import { type Item, type PartItem, partToken } from './vocabulary.ts';

/** The items of one turn in the transcript, and what is known of it. */
export type Block = {
  readonly turnId: string;
  /** Null while it runs. */
  readonly status: RoomState['turns'][number]['status'] | null;
  readonly taken: readonly string[];
  readonly items: readonly Item[];
};

/** The transcript as turns: those that are over, in order, and the one that runs, where it has stored a part of itself. */
export function blocksOf({ turns, run, messages }: RoomState): readonly Block[] {
  const over = turns.map(({ turnId, status, taken, messages: { from, to } }) => ({
    turnId,
    status,
    taken,
    items: messages.slice(from, to),
  }));
  if (run === null || run.base === null) return over;
  return [...over, { turnId: run.turnId, status: null, taken: run.taken, items: messages.slice(run.base) }];
}

export function partsIn(items: readonly Item[]): readonly PartItem[] {
  return items.flatMap((item) => ('turn' in item ? [item] : []));
}

/** What the state was told with the parts that are in the transcript. */
export function tokensIn(items: readonly Item[]): readonly string[] {
  return partsIn(items).flatMap((item) => (item.half === 1 ? [partToken(item)] : []));
}
