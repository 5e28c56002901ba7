import { refuseUnless } from '../errors.ts';

/** Longer waits overflow the timers of the platform, and are over at once. */
const longestWaitMs = 2 ** 31 - 1;

export function validateWait(ms: number, path: string): void {
  const isWait = Number.isSafeInteger(ms) && ms > 0 && ms <= longestWaitMs;
  refuseUnless(isWait, path, `is ${ms}; give milliseconds from 1 to ${longestWaitMs}`);
}
