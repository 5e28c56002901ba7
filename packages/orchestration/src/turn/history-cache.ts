import type { ListRange, ListWindow } from '@stateroom/core';
import type { TurnSession } from './turn-context.ts';

/** How the items of `messages` are asked for. */
export type HistoryQuestion = {
  /** How many of the last items are wanted; null for all. */
  readonly count: number | null;
  readonly known: KnownHistory | null;
  readonly range: Omit<ListRange, 'key'>;
};

/** Items of the list, as text, from a place on. They stand there as long as no list of the session is cut. */
type KnownHistory = {
  readonly incarnation: string;
  readonly epoch: number;
  readonly from: number;
  readonly items: readonly string[];
  readonly bytes: number;
};

type HistoryBounds = { readonly maxBytes: number; readonly maxSessions: number };

const maxSessions = 1000;

/** So many items that came since are read at once, though fewer are wanted: they are cheaper than another round trip. */
const tailItems = 100;

/**
 * The transcripts that this process has seen, so that it reads of each only what has come since. What it knows is held
 * against the record that is read with the tail, and what does not fit is read whole: it spares bytes, and nobody sees
 * anything else for it. The sessions that were not used for the longest time go first.
 */
export class HistoryCache {
  readonly #bounds: HistoryBounds;
  /** Least recently used first. */
  readonly #known = new Map<string, KnownHistory>();
  #bytes = 0;

  constructor(bounds: Pick<HistoryBounds, 'maxBytes'> & Partial<HistoryBounds>) {
    this.#bounds = { maxSessions, ...bounds };
  }

  /** `lastMessages` of them, or all. */
  ask(sessionId: string, lastMessages?: number): HistoryQuestion {
    const count = lastMessages ?? null;
    const known = this.#known.get(sessionId) ?? null;
    if (known === null || count === 0 || !reaches(known, count)) return { count, known: null, range: windowOf(count) };
    const length = known.from + known.items.length;
    // The last item that is known is read again: a storage that has lost its newest items for others shows it there.
    const start = Math.max(known.from, length - 1);
    return { count, known, range: { start, ...(count !== null && { end: length + Math.max(count, tailItems) }) } };
  }

  /**
   * The window that was wanted, from one that came back in the same snapshot as the session; null where what is known is
   * not of this session, or too much came since. Then it is forgotten, and the next question is for the whole.
   */
  answer<T>(
    { sessionId, seen, incarnation }: TurnSession<T>,
    question: HistoryQuestion,
    read: ListWindow,
  ): ListWindow | null {
    this.forget(sessionId);
    const { epoch, lists } = seen.record;
    if (!lists.includes('messages')) return { items: [], length: 0 };
    const { count, known } = question;
    const isStill = known === null || (known.incarnation === incarnation && known.epoch === epoch);
    const items = isStill ? joined(question, read) : null;
    if (items === null) return null;
    const wanted = count === null ? items : items.slice(Math.max(0, items.length - count));
    this.#keep(sessionId, { incarnation, epoch, from: read.length - wanted.length, items: wanted });
    return { items: wanted, length: read.length };
  }

  forget(sessionId: string): void {
    this.#bytes -= this.#known.get(sessionId)?.bytes ?? 0;
    this.#known.delete(sessionId);
  }

  #keep(sessionId: string, found: Omit<KnownHistory, 'bytes'>): void {
    const bytes = bytesOf(found.items);
    if (bytes > this.#bounds.maxBytes) return;
    this.#known.set(sessionId, { ...found, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#known.keys()) {
      if (this.#bytes <= this.#bounds.maxBytes && this.#known.size <= this.#bounds.maxSessions) return;
      this.forget(oldest);
    }
  }
}

/** Nothing of the list but its length. */
export const lengthOnly: Omit<ListRange, 'key'> = { start: 0, end: 0 };

function windowOf(count: number | null): Omit<ListRange, 'key'> {
  if (count === null) return {};
  return count > 0 ? { start: -count } : lengthOnly;
}

/** Whether it holds so many of the last items, however many come behind them. */
function reaches({ from, items }: KnownHistory, count: number | null): boolean {
  return from === 0 || (count !== null && items.length >= count);
}

/** What is known and what came since; null where the one does not go on with the other. */
function joined({ known, range }: HistoryQuestion, read: ListWindow): readonly string[] | null {
  if (known === null) return read.items;
  const { start = 0 } = range;
  const seenAgain = known.items.slice(start - known.from);
  const goesOn = seenAgain.every((item, index) => item === read.items[index]);
  const isAll = start + read.items.length === read.length;
  return goesOn && isAll ? [...known.items, ...read.items.slice(seenAgain.length)] : null;
}

/** In memory, where a character takes two at the most, and an item some beside. */
function bytesOf(items: readonly string[]): number {
  return items.reduce((bytes, item) => bytes + 2 * item.length + 32, 0);
}
