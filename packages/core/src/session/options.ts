import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Logger } from '../logger.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { Access } from './guard.ts';
import type { SessionFailure, SessionResult } from './result.ts';
import type { ListItems, ListRanges } from './session-store.ts';
import type { TtlPolicy } from './ttl.ts';

export type SessionManagerOptions<T, ListName extends string = never> = {
  readonly storage: StorageProvider;
  /** Keeps the sessions of several managers on one storage apart: 1–64 characters, 'sessions' by default. */
  readonly namespace?: string;
  /** zod, or any Standard Schema that gives back what it was given. It judges every read and every write. */
  readonly schema: StandardSchemaV1<unknown, T>;
  readonly initialState: (context: InitialStateContext) => T;
  /** Idle for 30 minutes by default. Reading is not activity. */
  readonly ttl?: Partial<TtlPolicy>;
  /** Names of the append-only lists that each session has beside its state. */
  readonly lists?: readonly ListName[];
  readonly logger?: Logger;
  /** Epoch milliseconds, for the times in records; life spans are by the storage's own clock. */
  readonly clock?: () => number;
  readonly generateId?: () => string;
};

/** `input` is what the call of createSession or resetSession brought along. */
export type InitialStateContext = { readonly sessionId: string; readonly input: unknown; readonly now: number };

export type CreateSessionOptions = Access & {
  /** 1–256 characters without control characters. By default 144 random bits. */
  readonly sessionId?: string | undefined;
  readonly input?: unknown;
  /** When there is one: answer EXISTS (the default), or return it if it is this owner's and this agent's. */
  readonly ifExists?: 'error' | 'return';
  /** Plain data kept beside the state, as it is. */
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** `lists` names what to read of which list in the same round trip; `start` and `end` are as in `slice`. */
export type GetSessionOptions<ListName extends string> = Access & { readonly lists?: ListRanges<ListName> };

/** `append` adds plain data to the session's lists in the same commit as the state. */
export type UpdateSessionOptions<ListName extends string> = Access & { readonly append?: ListItems<ListName> };

/** A session by itself; what it answers is as the manager's getSession and updateSession answer. */
export type SessionHandle<T, ListName extends string = never> = {
  readonly sessionId: string;
  readonly get: (options?: Pick<GetSessionOptions<ListName>, 'lists'>) => Promise<SessionResult<T, ListName>>;
  readonly update: (
    change: (state: T) => T | Promise<T>,
    options?: Pick<UpdateSessionOptions<ListName>, 'append'>,
  ) => Promise<SessionResult<T, ListName>>;
};

export type SessionDeletion =
  | { readonly success: true; readonly sessionId: string; readonly data: boolean }
  | SessionFailure;
