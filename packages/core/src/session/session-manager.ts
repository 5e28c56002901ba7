import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isStateroomError, StateroomError } from '../errors.ts';
import { ownCopy } from '../json.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { callersOwn, CallersError } from './callers-own.ts';
import { deepFreeze } from './freeze.ts';
import type { Access } from './guard.ts';
import { createId, shortId, validateId, validateListNames, validateNamespace, VersionSource } from './id.ts';
import { KeyQueue } from './key-queue.ts';
import { type Memo, memoOf } from './memo.ts';
import { belongsTo, newRecord, validateState, writtenRecord } from './record.ts';
import type {
  CreateSessionOptions,
  GetSessionOptions,
  InitialStateContext,
  SessionDeletion,
  SessionHandle,
  SessionManagerOptions,
  UpdateSessionOptions,
} from './options.ts';
import { failureOf, type SessionFailure, type SessionResult, type SessionSuccess } from './result.ts';
import {
  assertAccessible,
  type ListItems,
  SessionStore,
  type StoredSession,
  type WriteOutcome,
} from './session-store.ts';
import { resolveTtl, type TtlPolicy } from './ttl.ts';

/** A wait in the queue and the attempts against other processes are bounded; past the bound it is a CONFLICT. */
const queueWaitMs = 30_000;
const maxAttempts = 100;
/** Tried again at once, on what the refusal brought along; after these, writers keep out of each other's way. */
const attemptsAtOnce = 3;
const longestPauseMs = 50;

/**
 * Keeps sessions of state `T`: made, read, changed and deleted by id, each isolated, validated and mortal.
 *
 * Every write is one checked commit, so no update is lost and nothing deleted comes back; a read never writes.
 * Outcomes to be expected are results with the codes NOT_FOUND (missing, expired and foreign alike), EXISTS, CONFLICT,
 * LIMIT, INVALID, INVALID_ID, INVALID_STATE, NEWER_VERSION, UNKNOWN_OUTCOME and STORAGE. What the caller's own
 * functions throw is thrown on, with nothing changed. Any number of managers share one storage.
 */
export class SessionManager<T, ListName extends string = never> {
  readonly #store: SessionStore<ListName>;
  readonly #schema: StandardSchemaV1<unknown, T>;
  readonly #initialState: (context: InitialStateContext) => T;
  readonly #ttl: TtlPolicy;
  readonly #logger: Logger;
  readonly #clock: () => number;
  readonly #generateId: () => string;
  readonly #versions = new VersionSource();
  readonly #queue = new KeyQueue<StoredSession<ListName>>(queueWaitMs);

  constructor(options: SessionManagerOptions<T, ListName>) {
    const { namespace = 'sessions', lists = [] } = options;
    validateNamespace(namespace);
    validateListNames(lists);
    this.#store = new SessionStore(options.storage, namespace, lists);
    this.#schema = options.schema;
    this.#initialState = options.initialState;
    this.#ttl = resolveTtl(options.ttl);
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? Date.now;
    this.#generateId = options.generateId ?? createId;
  }

  async createSession(options: CreateSessionOptions = {}): Promise<SessionResult<T, ListName>> {
    const sessionId = options.sessionId ?? this.#generateId();
    return this.#answer(sessionId, options, async () => {
      const version = this.#versions.next();
      const incarnation = this.#versions.next();
      const state = await this.#freshState(sessionId, options.input);
      const record = writtenRecord(
        newRecord(state, { ...options, incarnation, now: this.#clock(), ttl: this.#ttl }),
        version,
        {},
      );
      const outcome = await this.#store.insert(sessionId, record, version);
      if (outcome.committed) {
        const made = { record: { ...record, metadata: ownCopy(record.metadata) }, version, lists: {} };
        return { ...success(sessionId, made, ownCopy(state)), created: true };
      }
      const { found } = outcome;
      if (options.ifExists === 'return' && found !== null && belongsTo(found.record, record)) {
        return { ...success(sessionId, found, await this.#stateOf(found)), created: false };
      }
      throw new StateroomError('EXISTS', 'there is a session of this id already');
    });
  }

  async getSession(sessionId: string, options: GetSessionOptions<ListName> = {}): Promise<SessionResult<T, ListName>> {
    return this.#get(sessionId, options);
  }

  /**
   * Puts `change(state)` in place of the state. Updates of this manager for one caller run in turn, and all are checked
   * against everybody else's: so `change` may run again on a newer state. It gets a frozen one, and must not itself
   * await an update of the same session. Never creates a session. CONFLICT when others kept writing through 100
   * attempts, or after 30 s in the queue.
   */
  async updateSession(
    sessionId: string,
    change: (state: T) => T | Promise<T>,
    options: UpdateSessionOptions<ListName> = {},
  ): Promise<SessionResult<T, ListName>> {
    return this.#write(sessionId, options, this.#changing(change, options.append));
  }

  /**
   * One session, for a caller who comes back to it: an update of what the handle itself has seen costs one round trip,
   * and one more for each time that somebody else wrote in between. Asks the storage for nothing by itself.
   */
  handle(sessionId: string, access: Access = {}): SessionHandle<T, ListName> {
    const memo: Memo<ListName> = { seen: null, isWanted: () => true };
    return {
      sessionId,
      get: (options = {}) => this.#get(sessionId, { ...options, ...access }, memo),
      update: (change, { append } = {}) => this.#write(sessionId, { ...access, memo }, this.#changing(change, append)),
    };
  }

  /** Back to the initial state, with empty lists; id, owner, agent and metadata stay. */
  async resetSession(
    sessionId: string,
    options: Access & { readonly input?: unknown } = {},
  ): Promise<SessionResult<T, ListName>> {
    return this.#write(sessionId, options, async (seen) => ({
      state: await this.#freshState(sessionId, options.input),
      epoch: seen.record.epoch + 1,
      dropLists: true,
    }));
  }

  /** Begins the session's idle time anew; its state, version and times stay as they are. */
  async touchSession(sessionId: string, options: Access = {}): Promise<SessionResult<T, ListName>> {
    return this.#answer(sessionId, options, () =>
      this.#untilCommitted(sessionId, options, async (seen) => {
        const data = await this.#stateOf(seen);
        return {
          outcome: await this.#store.touch(sessionId, seen),
          result: async () => success(sessionId, seen, data),
        };
      }),
    );
  }

  /**
   * Delete wins over any update in flight. `data` tells whether there was one to delete; none is no failure here. One
   * whose record cannot be read is deleted for a caller who names no owner and no agent, since nobody can tell whose.
   */
  async deleteSession(sessionId: string, options: Access = {}): Promise<SessionDeletion> {
    return this.#answer(sessionId, options, async () => {
      try {
        return await this.#untilCommitted(sessionId, options, async (seen) => ({
          outcome: await this.#store.remove(sessionId, seen),
          result: async () => ({ success: true, sessionId, data: true }) as const,
        }));
      } catch (error) {
        if (!isStateroomError(error)) throw error;
        const { code } = error;
        if (code === 'NOT_FOUND') return { success: true, sessionId, data: false } as const;
        const isUnreadable = code === 'INVALID_STATE' || code === 'NEWER_VERSION';
        const isTrusted = options.owner === undefined && options.agentId === undefined;
        if (!isUnreadable || !isTrusted) throw error;
        return { success: true, sessionId, data: await this.#store.removeUnreadable(sessionId) } as const;
      }
    });
  }

  async #get(
    sessionId: string,
    options: GetSessionOptions<ListName>,
    memo?: Memo<ListName>,
  ): Promise<SessionResult<T, ListName>> {
    return this.#answer(sessionId, options, async () => {
      const seen = await this.#store.load(sessionId, options, options.lists);
      const result = success(sessionId, seen, await this.#stateOf(seen));
      if (memo === undefined) return result;
      memo.seen = seen;
      return { ...result, data: ownCopy(result.data), metadata: ownCopy(result.metadata) };
    });
  }

  #changing(change: (state: T) => T | Promise<T>, append: ListItems<ListName> | undefined): Next<T, ListName> {
    return async (seen) => ({ state: await this.#changed(seen, change), ...(append && { append }) });
  }

  async #write(
    sessionId: string,
    target: Target<ListName>,
    next: Next<T, ListName>,
  ): Promise<SessionResult<T, ListName>> {
    return this.#answer(sessionId, target, () =>
      this.#queue.run(queueKey(sessionId, target), (place) =>
        this.#untilCommitted(sessionId, { ...target, memo: target.memo ?? memoOf(place) }, async (seen) => {
          const { state, epoch = seen.record.epoch, ...listChanges } = await next(seen);
          const version = this.#versions.next();
          const record = writtenRecord(seen.record, version, { state, epoch, updatedAt: this.#clock() });
          const outcome = await this.#store.replace(sessionId, seen, { record, version, ...listChanges });
          const written = () => ({ record: ownCopy(record), version, lists: {} });
          const result = async () => success(sessionId, { record, version, lists: {} }, ownCopy(state));
          return { outcome, written, result };
        }),
      ),
    );
  }

  /** Tries a write on what is there, and again on what refused it, until it is committed or the session is gone. */
  async #untilCommitted<R>(
    sessionId: string,
    { memo, ...access }: Target<ListName>,
    tryWrite: TryWrite<ListName, R>,
  ): Promise<R> {
    let seen = memo?.seen ?? (await this.#store.load(sessionId, access));
    // Until it is known anew: a write may end in any way.
    if (memo !== undefined) memo.seen = null;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      if (attempt > attemptsAtOnce) {
        await pause(attempt - attemptsAtOnce);
        // What was found before a pause is old after it, and would be refused again.
        seen = assertAccessible(sameSession(seen, await this.#store.load(sessionId, access)), access);
      }
      const { outcome, written, result } = await tryWrite(seen);
      if (outcome.committed) {
        if (memo?.isWanted()) memo.seen = written?.() ?? null;
        return result();
      }
      seen = assertAccessible(sameSession(seen, outcome.found), access);
      this.#logger.debug({ sessionId: shortId(sessionId), attempt }, 'a write was refused and is tried again');
    }
    throw new StateroomError('CONFLICT', `others kept writing to the session through ${maxAttempts} attempts`);
  }

  async #freshState(sessionId: string, input: unknown): Promise<T> {
    const context = { sessionId, input, now: this.#clock() };
    return validateState(this.#schema, await callersOwn(() => this.#initialState(context)));
  }

  async #changed(seen: StoredSession<ListName>, change: (state: T) => T | Promise<T>): Promise<T> {
    const state = deepFreeze(await this.#stateOf(seen));
    return validateState(this.#schema, await callersOwn(() => change(state)));
  }

  #stateOf({ record }: StoredSession<ListName>): Promise<T> {
    return validateState(this.#schema, record.state);
  }

  async #answer<S>(sessionId: string, access: Access, task: () => Promise<S>): Promise<S | SessionFailure> {
    try {
      validateId(sessionId, 'sessionId');
      if (access.owner !== undefined) validateId(access.owner, 'owner');
      if (access.agentId !== undefined) validateId(access.agentId, 'agentId');
      return await task();
    } catch (error) {
      if (error instanceof CallersError) throw error.cause;
      return failureOf(sessionId, error);
    }
  }
}

type NextSession<T, ListName extends string> = {
  readonly state: T;
  readonly epoch?: number;
  readonly append?: ListItems<ListName>;
  readonly dropLists?: boolean;
};

type TryWrite<ListName extends string, R> = (seen: StoredSession<ListName>) => Promise<{
  readonly outcome: WriteOutcome<ListName>;
  readonly written?: () => StoredSession<ListName>;
  readonly result: () => Promise<R>;
}>;

type Next<T, ListName extends string> = (seen: StoredSession<ListName>) => Promise<NextSession<T, ListName>>;

type Target<ListName extends string> = Access & { readonly memo?: Memo<ListName> };

function success<T, ListName extends string>(
  sessionId: string,
  { record, version, lists }: StoredSession<ListName>,
  data: T,
): SessionSuccess<T, ListName> {
  return { success: true, sessionId, data, version, metadata: record.metadata, lists };
}

/** What was found in place of `seen`, or null if that session is gone, though a new one may bear its id. */
function sameSession<ListName extends string>(
  seen: StoredSession<ListName>,
  found: StoredSession<ListName> | null,
): StoredSession<ListName> | null {
  return found?.record.incarnation === seen.record.incarnation ? found : null;
}

/** Up to 50 ms, at random, so that writers do not meet again. */
function pause(pauses: number): Promise<void> {
  const longest = Math.min(longestPauseMs, 2 ** pauses);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}

/** A queue for each session and claimed identity, so that a stranger never waits for the owner and learns of them. */
function queueKey(sessionId: string, { owner, agentId }: Access): string {
  return JSON.stringify([sessionId, owner ?? null, agentId ?? null]);
}
