import type { Logger } from '../logger.ts';
import type { StorageProvider } from '../storage/provider.ts';
import type { Access } from './guard.ts';
import type { ClientView, SessionFailure, SessionInfo, SessionResult, SessionSuccess } from './result.ts';
import type { SessionAttachment } from './stored/attachment.ts';
import type { ListItems, ListLengths, ListRanges } from './stored/stored-session.ts';
import type { StateCodecOptions } from './stored/state-codec.ts';
import type { TtlOptions } from './ttl.ts';

export type SessionManagerOptions<T, ListName extends string = never, View = undefined> = StateCodecOptions<T> & {
  readonly storage: StorageProvider;
  /** Keeps the sessions of several managers on one storage apart: 1–64 characters, 'sessions' by default. */
  readonly namespace?: string;
  readonly initialState: (context: InitialStateContext) => T | Promise<T>;
  /** Idle for 30 minutes by default. Reading is not activity, unless `slideOn` says so. */
  readonly ttl?: TtlOptions;
  /** What of a state may leave the server; nothing by default. */
  readonly clientView?: ClientView<T, View>;
  /** Names of the append-only lists that each session has beside its state. */
  readonly lists?: readonly ListName[];
  /**
   * How many sessions of the namespace there may be. Only on a storage whose scope is the process, and which commits
   * over the keys of several sessions, as memoryStorage does: elsewhere nobody can count them without a scan.
   */
  readonly maxSessions?: number;
  /** 'reject', the default, answers LIMIT; 'evict-idle' deletes the session that was written to longest ago. */
  readonly whenFull?: 'reject' | 'evict-idle';
  /**
   * Awaited before 'evict-idle' deletes a session, which is handed over with its lists: to be saved, say. One that is
   * written meanwhile stays. When it throws, the session stays too, and createSession throws the same. Others that are
   * to be made wait for it.
   */
  readonly onEvict?: (session: SessionSuccess<T, ListName, View>) => void | Promise<void>;
  /** Braces around ids in keys, which a Redis cluster needs; true by default. All managers of a namespace agree on it. */
  readonly hashTags?: boolean;
  /** What other packages keep beside each session, which goes when the session goes. */
  readonly attachments?: readonly SessionAttachment[];
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
  /**
   * When there is one: answer EXISTS (the default); or, if it is this owner's and this agent's, return it or put the new
   * one in its place.
   */
  readonly ifExists?: 'error' | 'return' | 'replace';
  /**
   * Whether an id that is given is looked for before it is announced to its owner, which costs a round trip: true by
   * default. False for one that was just made, or just not found. One that is taken is never made anew either way.
   */
  readonly looksFirst?: boolean;
  /** For this session alone; what is left out is as in the manager. */
  readonly ttl?: Omit<TtlOptions, 'graceMs'>;
  /** Plain data kept beside the state, as it is. */
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** What a session begins with instead of its initial state, as one that is copied or brought in from elsewhere does. */
export type SessionContent<T, ListName extends string> = {
  readonly state: T;
  readonly lists?: ListItems<ListName>;
};

/** `lists` names what to read of which list in the same round trip; `start` and `end` are as in `slice`. */
export type GetSessionOptions<ListName extends string> = Access & { readonly lists?: ListRanges<ListName> };

/** What is done to the session's lists in the same commit as the state: first cut, then added to. */
export type ListChanges<ListName extends string> = {
  /** Keeps so many first items. */
  readonly truncate?: ListLengths<ListName> | undefined;
  /** Adds plain data at the end. */
  readonly append?: ListItems<ListName> | undefined;
};

export type UpdateSessionOptions<ListName extends string> = Access & ListChanges<ListName>;

/** A session by itself; what it answers is as the manager's getSession and updateSession answer. JSON shows no state. */
export type SessionHandle<T, ListName extends string = never, View = undefined> = {
  readonly sessionId: string;
  readonly get: (options?: Pick<GetSessionOptions<ListName>, 'lists'>) => Promise<SessionResult<T, ListName, View>>;
  readonly update: (
    change: (state: T) => T | Promise<T>,
    options?: ListChanges<ListName>,
  ) => Promise<SessionResult<T, ListName, View>>;
  /** The id, and the metadata if a session was seen. */
  readonly toJSON: () => { readonly sessionId: string; readonly metadata?: Readonly<Record<string, unknown>> };
};

export type SessionDeletion =
  | { readonly success: true; readonly sessionId: string; readonly data: boolean }
  | SessionFailure;

/** A session that could not be read, written or handed on, while the others could. */
export type FailedSession = { readonly sessionId: string; readonly error: unknown };

export type ListSessionsOptions = {
  readonly owner: string;
  readonly agentId?: string | undefined;
  /** How many at the most: 1–1,000, by default 50. */
  readonly limit?: number;
  /** That of the page before; null, or none, begins with the newest. */
  readonly cursor?: string | null | undefined;
};

export type SessionPage<T, ListName extends string = never, View = undefined> = {
  /**
   * Fewer than the limit, or none, where many have gone of late or are another agent's: a page reads at most 200 of
   * those. The cursor alone says whether there are more.
   */
  readonly sessions: readonly SessionSuccess<T, ListName, View>[];
  /** Those that are there, and cannot be read. */
  readonly failed: readonly FailedSession[];
  /** For the next page; null when there is none. */
  readonly cursor: string | null;
};

export type StatsOptions<T, Summary> = { readonly summary?: (state: T, info: SessionInfo) => Summary };

export type SessionStats<Summary> = {
  readonly sessions: number;
  /** Of their records, in UTF-8; lists are not counted. */
  readonly bytes: number;
  /** What `summary` makes of each; none without one. */
  readonly summaries: readonly { readonly sessionId: string; readonly summary: Summary }[];
  readonly failed: readonly FailedSession[];
};

export type SaveReport = { readonly saved: number; readonly failed: readonly FailedSession[] };

export type SweepOptions<T, ListName extends string = never, View = undefined> = {
  /** Awaited; the session goes when it is done, and stays until the end of its grace when it throws. */
  readonly onExpire?: (session: SessionSuccess<T, ListName, View>) => void | Promise<void>;
};

export type SweepReport = { readonly expired: number; readonly failed: readonly FailedSession[] };

export type EraseReport = { readonly erased: number; readonly failed: readonly FailedSession[] };

/** All that is kept of an owner: states and items as they are stored. */
export type OwnerExport = {
  readonly owner: string;
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly agentId: string | null;
    readonly createdAt: number;
    readonly updatedAt: number;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly state: unknown;
    readonly lists: Readonly<Record<string, readonly unknown[]>>;
  }[];
  readonly failed: readonly FailedSession[];
};

export type WatchOptions = Access & {
  /** Ends the watch. */
  readonly signal?: AbortSignal;
  /** How often to look for what others have written, in milliseconds: 1,000 by default. */
  readonly everyMs?: number;
};
