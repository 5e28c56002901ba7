import { StateroomError } from '../errors.ts';

/** Of one write against those of other processes; past the bound it is a CONFLICT. */
export const maxAttempts = 100;

/** Tried again at once, on what the refusal brought along; after these, writers keep out of each other's way. */
const attemptsAtOnce = 3;
const longestPauseMs = 50;

/** True after a pause: what was found before it is old, and would be refused again. */
export async function pauseBefore(attempt: number): Promise<boolean> {
  if (attempt <= attemptsAtOnce) return false;
  const longest = Math.min(longestPauseMs, 2 ** (attempt - attemptsAtOnce));
  // At random, so that writers do not meet again.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
  return true;
}

export function tooManyAttempts(): StateroomError {
  return new StateroomError('CONFLICT', `others kept writing to the session through ${maxAttempts} attempts`);
}
