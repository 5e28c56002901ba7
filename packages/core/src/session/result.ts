import { isStateroomError, type StateroomError } from '../errors.ts';

/** A part of one of the session's lists: the items of the window, and how long the whole list is. */
export type SessionList = { readonly items: readonly unknown[]; readonly length: number };

export type SessionSuccess<T, ListName extends string = never> = {
  readonly success: true;
  readonly sessionId: string;
  /** The caller's own copy. */
  readonly data: T;
  /** Opaque, like an ETag: another one after each write. */
  readonly version: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The lists that the call asked for. */
  readonly lists: { readonly [Name in ListName]?: SessionList };
  /** On createSession: whether this call made it. */
  readonly created?: boolean;
};

/** An outcome to be expected. `error.code` tells absent, refused, invalid and unreachable apart. */
export type SessionFailure = {
  readonly success: false;
  readonly sessionId: string;
  readonly error: StateroomError;
};

/** As zod's safeParse answers: look at `success`, or `unwrap` it. */
export type SessionResult<T, ListName extends string = never> = SessionSuccess<T, ListName> | SessionFailure;

/** The success, or the failure's error thrown. */
export function unwrap<S extends { readonly success: true }>(result: S | SessionFailure): S {
  if (result.success) return result;
  throw result.error;
}

/** The success, null where the session is not there, and any other failure's error thrown. */
export function unwrapOrNull<S extends { readonly success: true }>(result: S | SessionFailure): S | null {
  return !result.success && result.error.code === 'NOT_FOUND' ? null : unwrap(result);
}

/** Turns a StateroomError into a result. Anything else is a bug, not an outcome, and is thrown on. */
export function failureOf(sessionId: string, error: unknown): SessionFailure {
  if (!isStateroomError(error)) throw error;
  return { success: false, sessionId, error };
}
