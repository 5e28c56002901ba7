import type { Logger } from '../logger.ts';
import type { SweepReport } from './options.ts';
import { validateWait } from './wait.ts';

/**
 * Does `sweep` each time that so many milliseconds have passed since the last one was done, until the returned function
 * is called or the signal says so. Keeps no process alive. A sweep that fails is logged, and the next one comes.
 */
export function sweepEvery(
  everyMs: number,
  {
    sweep,
    logger,
    signal,
  }: { readonly sweep: () => Promise<SweepReport>; readonly logger: Logger; readonly signal: AbortSignal },
): () => void {
  validateWait(everyMs, 'everyMs');
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = signal.aborted;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  };
  const wait = () => {
    if (isOver) return;
    timer = setTimeout(() => void run(), everyMs);
    unref(timer);
  };
  const run = async () => {
    try {
      const { expired, failed } = await sweep();
      if (failed.length > 0) logger.warn({ expired, failed: failed.length }, 'some sessions could not be swept');
    } catch (error) {
      logger.error({ error }, 'a sweep failed');
    }
    wait();
  };
  signal.addEventListener('abort', stop);
  wait();
  return stop;
}

/** Where a timer is a number, as in browsers and workers, it keeps nothing alive. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref();
}
