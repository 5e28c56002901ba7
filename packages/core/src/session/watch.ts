import { validateWait } from './wait.ts';
import { type SessionFailure, unwrap, unwrapOrNull } from './result.ts';

export type WatchSources = {
  readonly everyMs: number;
  /** Any of them ends the watch. */
  readonly signals: readonly AbortSignal[];
  /** Calls back when it is worth a look at once; returns what stops that. */
  readonly onHint: (look: () => void) => () => void;
};

/**
 * What `look` sees, first as it is and then each time that its version is another one, until it is gone or a signal says
 * so. Looks every so often, for others write without a word to us.
 */
export function watchSession<S extends { readonly success: true; readonly version: string }>(
  look: () => Promise<S | SessionFailure>,
  { everyMs, signals, onHint }: WatchSources,
): AsyncGenerator<S, void, undefined> {
  const left = new AbortController();
  const seen = lookAgain(look, { everyMs, signals: [...signals, left.signal], onHint });
  return {
    next: () => seen.next(),
    throw: (error) => seen.throw(error),
    // A generator by itself would end only once the wait that it is in were over.
    return: () => {
      left.abort();
      return seen.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}

async function* lookAgain<S extends { readonly success: true; readonly version: string }>(
  look: () => Promise<S | SessionFailure>,
  { everyMs, signals, onHint }: WatchSources,
): AsyncGenerator<S, void, undefined> {
  validateWait(everyMs, 'everyMs');
  let hint = Promise.withResolvers<void>();
  const wake = () => hint.resolve();
  const stopHints = onHint(wake);
  for (const signal of signals) signal.addEventListener('abort', wake);
  const isOver = () => signals.some(({ aborted }) => aborted);
  try {
    for (let version: string | null = null; !isOver();) {
      // Before the look, so that nothing which comes while it goes on is missed.
      hint = Promise.withResolvers<void>();
      const result = await look();
      const seen: S | null = version === null ? unwrap(result) : unwrapOrNull(result);
      if (seen === null || isOver()) return;
      if (seen.version !== version) yield seen;
      version = seen.version;
      if (!isOver()) await within(everyMs, hint.promise);
    }
  } finally {
    stopHints();
    for (const signal of signals) signal.removeEventListener('abort', wake);
  }
}

async function within(ms: number, event: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([event, late]);
  clearTimeout(timer);
}
