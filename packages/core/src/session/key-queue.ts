import { StateroomError } from '../errors.ts';

/** One's place in a line: what those in it hand on to each other, and whether somebody stands behind. */
export type Place<T> = { handedOn: T | null; readonly isAwaited: () => boolean };

type Line<T> = { tail: Promise<void>; handedOn: T | null; turns: number };

/**
 * Runs tasks of the same key one after the other, in the order in which they came, and tasks of different keys at
 * once. It spares one process the refusals it would cause itself; between processes the checked commit decides. A task
 * may hand on to the next in line what it has just learned; with the last one it is forgotten.
 */
export class KeyQueue<T = never> {
  readonly #lines = new Map<string, Line<T>>();
  readonly #waitMs: number;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** CONFLICT when nobody in the line has been done for `waitMs`. */
  async run<R>(key: string, task: (place: Place<T>) => Promise<R>): Promise<R> {
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const known = this.#lines.get(key);
    const before = known?.tail;
    const tail = before === undefined ? done : before.then(() => done);
    const line = known ?? { tail, handedOn: null, turns: 0 };
    line.tail = tail;
    this.#lines.set(key, line);
    const place: Place<T> = { handedOn: null, isAwaited: () => line.tail !== tail };
    let hadItsTurn = false;
    try {
      if (before !== undefined) await this.#wait(before, line);
      hadItsTurn = true;
      place.handedOn = line.handedOn;
      return await task(place);
    } finally {
      line.handedOn = place.handedOn;
      if (hadItsTurn) line.turns += 1;
      finish();
      if (!place.isAwaited()) this.#lines.delete(key);
    }
  }

  async #wait(before: Promise<void>, line: Line<T>): Promise<void> {
    for (;;) {
      const { turns } = line;
      const { promise: late, resolve } = Promise.withResolvers<'late'>();
      const timer = setTimeout(resolve, this.#waitMs, 'late');
      const outcome = await Promise.race([before, late]);
      clearTimeout(timer);
      if (outcome !== 'late') return;
      if (line.turns > turns) continue;
      const message =
        `nothing has come of what is before it in line for ${this.#waitMs} ms; ` +
        'a change that itself awaits an update of the same session would wait for ever';
      throw new StateroomError('CONFLICT', message);
    }
  }
}
