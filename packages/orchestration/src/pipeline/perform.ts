import { isStateroomError, toJson } from '@stateroom/core';
import type { StepResult } from './stored.ts';

/** What has come of a step's function. */
export type Performed<V> =
  | { readonly isDone: true; readonly value: V }
  | { readonly isDone: false; readonly failure: Failure };

export type Failure = Pick<StepResult, 'code' | 'note'> & { readonly error: unknown };

const longestNote = 1000;

/** Waits for what `task` gives, but not after `signal` has aborted: what it does then is of no interest any more. */
export async function perform<V>(task: () => V | Promise<V>, signal: AbortSignal): Promise<Performed<V>> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return { isDone: true, value: await Promise.race([callSafely(task), aborted]) };
  } catch (error) {
    return { isDone: false, failure: signal.aborted ? cutOff(signal.reason) : failureOf(error) };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** As it will be read again. INVALID_STATE, with the path, for what JSON would change. */
export function storable(value: unknown): unknown {
  return JSON.parse(toJson(value ?? null, 'value'));
}

export function failureOf(error: unknown): Failure {
  const note = error instanceof Error ? error.message.slice(0, longestNote) : 'it threw what is no Error';
  return { code: codeOf(error) ?? 'THROWN', note, error };
}

/** Of those that whoever throws gives to programs. */
function codeOf(error: unknown): string | null {
  if (isStateroomError(error)) return error.code;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : null;
}

function cutOff(reason: unknown): Failure {
  const failure = failureOf(reason);
  return failure.code === 'TIMEOUT' ? failure : { ...failure, code: 'ABORTED' };
}

async function callSafely<V>(task: () => V | Promise<V>): Promise<V> {
  return task();
}
