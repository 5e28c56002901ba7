/** Carries what a caller's function threw past our own error handling, so that it is never told as an outcome. */
export class CallersError extends Error {}

/** What was thrown, without what carried it. */
export function thrownBy(error: unknown): unknown {
  return error instanceof CallersError ? error.cause : error;
}

/** Calls a function of the caller's. */
export async function callersOwn<R>(call: () => R | Promise<R>): Promise<R> {
  try {
    return await call();
  } catch (cause) {
    throw new CallersError('a function of the caller threw', { cause });
  }
}
