import { StateroomError } from '../errors.ts';

/**
 * Runs tasks of the same key one after the other, in the order in which they came, and tasks of different keys at
 * once. It spares one process the refusals it would cause itself; between processes the checked commit decides.
 */
export class KeyQueue {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #waitMs: number;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** CONFLICT when the turn has not come within `waitMs`. */
  async run<R>(key: string, task: () => Promise<R>): Promise<R> {
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const before = this.#tails.get(key);
    const tail = before === undefined ? done : before.then(() => done);
    this.#tails.set(key, tail);
    try {
      if (before !== undefined) await this.#wait(before);
      return await task();
    } finally {
      finish();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }

  async #wait(before: Promise<void>): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const message =
      `waited ${this.#waitMs} ms for another update of the same session; ` +
      'a change that itself awaits an update of that session would wait for ever';
    const timer = setTimeout(() => reject(new StateroomError('CONFLICT', message)), this.#waitMs);
    try {
      await Promise.race([before, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
