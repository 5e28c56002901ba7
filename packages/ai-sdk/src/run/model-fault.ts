import type { UIMessageChunk } from 'ai';
import type { ErrorBody } from '../http/error-response.ts';

/** Too many requests, or too many of everybody's: the same request may be taken in a while. */
const busyStatuses: readonly unknown[] = [429, 503, 529];

const words = {
  MODEL: 'the model could not answer; try again',
  MODEL_BUSY: 'the model is busy; try again in a while',
} as const;

/** What is told of a model that failed: whether it was busy, and never in its own words, which may quote a key. */
export function modelErrorChunk(error: unknown): Extract<UIMessageChunk, { type: 'error' }> {
  const code = isBusy(error) ? 'MODEL_BUSY' : 'MODEL';
  const body: ErrorBody = { error: { code, message: words[code] } };
  return { type: 'error', errorText: JSON.stringify(body) };
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Of several attempts, the last.
  if ('lastError' in error) return isBusy(error.lastError);
  if (!('statusCode' in error) || !busyStatuses.includes(error.statusCode)) return false;
  // An account without money has the status of one with too many requests, and waiting does not fill it.
  return !('data' in error && JSON.stringify(error.data)?.includes('insufficient_quota'));
}
