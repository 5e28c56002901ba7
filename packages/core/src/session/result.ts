import { isStateroomError, type StateroomError } from '../errors.ts';

/** A part of one of the session's lists: the items of the window, and how long the whole list is. */
export type SessionList = { readonly items: readonly unknown[]; readonly length: number };

/** What is known of a session besides its state. Times are epoch milliseconds, by the clocks of the managers. */
export type SessionInfo = {
  readonly sessionId: string;
  readonly owner: string | null;
  readonly agentId: string | null;
  readonly createdAt: number;
  /** Of the last write; a touch is none. */
  readonly updatedAt: number;
  /** When it ends unless it is used again; a touch or a read since the last write may have put that off. Null: never. */
  readonly expiresAt: number | null;
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** Stays on the server: JSON and logs show no state of it, only what `clientView` makes of it. */
export type SessionSuccess<T, ListName extends string = never, View = undefined> = SessionInfo & {
  readonly success: true;
  /** The caller's own copy. */
  readonly data: T;
  /** Opaque, like an ETag: another one after each write. */
  readonly version: string;
  /** The lists that the call asked for. */
  readonly lists: { readonly [Name in ListName]?: SessionList };
  /** On createSession: whether this call made it. */
  readonly created?: boolean;
  /** What the manager's `clientView` makes of it. `JSON.stringify` gives this, the id, and nothing else. */
  readonly view: View;
};

/** An outcome to be expected. `error.code` tells absent, refused, invalid and unreachable apart. */
export type SessionFailure = {
  readonly success: false;
  readonly sessionId: string;
  readonly error: StateroomError;
};

/** As zod's safeParse answers: look at `success`, or `unwrap` it. */
export type SessionResult<T, ListName extends string = never, View = undefined> =
  | SessionSuccess<T, ListName, View>
  | SessionFailure;

export type ClientView<T, View> = (state: T, info: SessionInfo) => View;

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
