import { refuseUnless } from '../errors.ts';
import { ownCopy } from '../json.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { KeySpace } from '../storage/keys.ts';
import { CallersError } from './callers-own.ts';
import { Census } from './many/census.ts';
import { type SessionEvent, SessionEvents, type SessionListener } from './events.ts';
import { FoundSession, inspect } from './found-session.ts';
import type { Access } from './guard.ts';
import { createId, validateId, validateListNames, validateNamespace, VersionSource } from './id.ts';
import type { Memo } from './memo.ts';
import type {
  EraseReport,
  GetSessionOptions,
  ListSessionsOptions,
  OwnerExport,
  SaveReport,
  SessionDeletion,
  SessionHandle,
  SessionManagerOptions,
  SessionPage,
  SessionStats,
  StatsOptions,
  SweepOptions,
  SweepReport,
  UpdateSessionOptions,
  WatchOptions,
} from './options.ts';
import { OwnerSessions } from './many/owner-sessions.ts';
import { failureOf, type SessionFailure, type SessionResult, type SessionSuccess } from './result.ts';
import type { NewSessionOptions } from './session-creator.ts';
import { SessionParts } from './session-parts.ts';
import { SessionIndex } from './many/session-index.ts';
import { SessionStore } from './stored/session-store.ts';
import { SessionWriter } from './session-writer.ts';
import type { Shared } from './shared.ts';
import { Slides } from './slides.ts';
import { StateCodec } from './stored/state-codec.ts';
import { sweepEvery } from './sweep-timer.ts';
import { resolveTtl, type TtlPolicy } from './ttl.ts';
import { Upkeep } from './many/upkeep.ts';
import { watchSession } from './watch.ts';

/**
 * Keeps sessions of state `T`: made, read, changed and deleted by id, each isolated, validated and mortal.
 *
 * Every write is one checked commit, so no update is lost and nothing deleted comes back; a read never writes.
 * What is done to one session by id is answered by a result, with the codes NOT_FOUND (missing, expired and foreign
 * alike), EXISTS, CONFLICT, LIMIT, INVALID, INVALID_ID, INVALID_STATE, NEWER_VERSION, UNKNOWN_OUTCOME, TIMEOUT and
 * STORAGE. What is done to many throws these, if it cannot be done at all. What the caller's own functions throw is
 * thrown on, with nothing changed. Any number of managers share one storage.
 */
export class SessionManager<T, ListName extends string = never, View = undefined> {
  /** For packages that commit over more than a session at once; applications have no need of it. */
  readonly parts: SessionParts<T, ListName>;
  readonly #ttl: TtlPolicy;
  readonly #logger: Logger;
  readonly #events: SessionEvents;
  readonly #shared: Shared<T, ListName, View>;
  readonly #writer: SessionWriter<T, ListName, View>;
  readonly #owners: OwnerSessions<T, ListName, View>;
  readonly #upkeep: Upkeep<T, ListName, View>;
  readonly #census: Census<T, ListName, View> | null;
  readonly #generateId: () => string;
  readonly #slides = new Slides();
  readonly #closing = new AbortController();

  /** INVALID, or INVALID_ID, with the path of the option that cannot be. */
  constructor(options: SessionManagerOptions<T, ListName, View>) {
    const { storage, namespace = 'sessions', lists: listNames = [], hashTags = true } = options;
    const { logger = silentLogger, maxSessions, whenFull = 'reject', onEvict, attachments = [] } = options;
    refuseUnless(typeof storage?.commit === 'function', 'storage', 'is no StorageProvider');
    validateNamespace(namespace);
    validateListNames(listNames);
    this.#ttl = resolveTtl(options.ttl);
    this.#logger = logger;
    this.#events = new SessionEvents(logger);
    this.#generateId = options.generateId ?? createId;
    const codec = new StateCodec(options);
    const keySpace = new KeySpace(namespace, listNames, hashTags);
    const time = checkedClock(options.clock ?? Date.now);
    this.#shared = {
      storage,
      keySpace,
      store: new SessionStore(storage, keySpace, { listNames, hasGrace: this.#ttl.graceMs > 0, attachments }),
      versions: new VersionSource(),
      clock: time,
      announce: (owner, sessionId) =>
        new SessionIndex(storage, keySpace.owner(owner)).announce({ sessionId, at: time() }),
      found: async (sessionId, session, created) => {
        const data = await codec.decode(session.record);
        return new FoundSession(
          { sessionId, session, data, ...(created !== undefined && { created }) },
          options.clientView,
        );
      },
      onGone: (sessionId) => this.#emit('deleted', sessionId),
    };
    this.parts = new SessionParts(this.#shared, { codec, lists: listNames, attachments });
    this.#writer = new SessionWriter(this.#shared, { codec, initialState: options.initialState, logger });
    this.#owners = new OwnerSessions(this.#shared, (sessionId, access) => this.#remove(sessionId, access));
    this.#upkeep = new Upkeep(this.#shared, this.#ttl.graceMs);
    this.#census = maxSessions === undefined ? null : new Census(this.#shared, { maxSessions, whenFull, onEvict });
  }

  /** `ifExists` tells what to do when there is one of this id; for an owner it is one round trip more. */
  async createSession(options: NewSessionOptions<T, ListName> = {}): Promise<SessionResult<T, ListName, View>> {
    const sessionId = options.sessionId ?? this.#generateId();
    return this.#answer(sessionId, options, async () => {
      const session = await this.#writer.create(sessionId, options, {
        ttl: resolveTtl(options.ttl, this.#ttl),
        looksFirst: (options.owner !== undefined && options.looksFirst !== false) || this.#census !== null,
        counted: async (insert) =>
          this.#census === null ? insert({ checks: [], changes: [] }) : this.#census.counted(sessionId, insert),
      });
      if (session.created === true) this.#emit('created', sessionId, session.version);
      return session;
    });
  }

  async getSession(
    sessionId: string,
    options: GetSessionOptions<ListName> = {},
  ): Promise<SessionResult<T, ListName, View>> {
    return this.#answer(sessionId, options, () => this.#get(sessionId, options));
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
  ): Promise<SessionResult<T, ListName, View>> {
    return this.#answer(sessionId, options, () =>
      this.#updated(this.#writer.update(sessionId, accessOf(options), { ...options, change })),
    );
  }

  /** Back to the initial state, with empty lists; id, owner, agent, metadata and life span stay. */
  async resetSession(
    sessionId: string,
    options: Access & { readonly input?: unknown } = {},
  ): Promise<SessionResult<T, ListName, View>> {
    return this.#answer(sessionId, options, () =>
      this.#updated(this.#writer.reset(sessionId, accessOf(options), options.input)),
    );
  }

  /** Begins the session's idle time anew; its state, version and times stay as they are. */
  async touchSession(sessionId: string, options: Access = {}): Promise<SessionResult<T, ListName, View>> {
    return this.#answer(sessionId, options, () => this.#writer.touch(sessionId, accessOf(options)));
  }

  /**
   * Delete wins over any update in flight. `data` tells whether there was one to delete; none is no failure here. One
   * whose record cannot be read is deleted for a caller who names no owner and no agent, since nobody can tell whose.
   */
  async deleteSession(sessionId: string, options: Access = {}): Promise<SessionDeletion> {
    return this.#answer(sessionId, options, async () => {
      const data = await this.#remove(sessionId, options);
      return { success: true, sessionId, data } as const;
    });
  }

  /**
   * One session, for a caller who comes back to it: an update of what the handle itself has seen costs one round trip,
   * and one more for each time that somebody else wrote in between. Asks the storage for nothing by itself.
   */
  handle(sessionId: string, access: Access = {}): SessionHandle<T, ListName, View> {
    const memo: Memo<ListName> = { seen: null, isWanted: () => true };
    const shown = () => ({ sessionId, ...(memo.seen && { metadata: ownCopy(memo.seen.record.metadata) }) });
    const handle: SessionHandle<T, ListName, View> = {
      sessionId,
      get: (options = {}) =>
        this.#answer(sessionId, access, () => this.#get(sessionId, { ...options, ...access }, memo)),
      update: (change, edits = {}) =>
        this.#answer(sessionId, access, () =>
          this.#updated(this.#writer.update(sessionId, { ...access, memo }, { ...edits, change })),
        ),
      toJSON: shown,
    };
    return Object.defineProperty(handle, inspect, { value: shown });
  }

  /**
   * The session as it is, and again each time that anybody on any machine has written it; ends when it is gone. Of
   * writes in quick succession the last is seen, not each. Watching is not activity. Throws NOT_FOUND when there is
   * none to begin with, and STORAGE when it cannot be seen.
   */
  watch(
    sessionId: string,
    { signal, everyMs = 1000, ...access }: WatchOptions = {},
  ): AsyncGenerator<SessionSuccess<T, ListName, View>, void, undefined> {
    return watchSession(() => this.#answer(sessionId, access, () => this.#look(sessionId, access)), {
      everyMs,
      signals: [this.#closing.signal, ...(signal === undefined ? [] : [signal])],
      onHint: (hint) => this.#events.onAny((event) => event.sessionId === sessionId && hint()),
    });
  }

  /**
   * Calls `listener` after each session that this manager, and no other, has made, written or deleted. Returns what
   * ends it. What `listener` throws is logged.
   */
  on(type: SessionEvent['type'], listener: SessionListener): () => void {
    return this.#events.on(type, listener);
  }

  /** An owner's sessions, those made last first. Reads one list of this owner's, and the sessions that are shown. */
  async listSessions(options: ListSessionsOptions): Promise<SessionPage<T, ListName, View>> {
    validateId(options.owner, 'owner');
    return this.#owners.page(options);
  }

  /** Deletes all sessions of an owner; what is being made meanwhile is still listed, and goes with the next call. */
  async eraseOwner(owner: string): Promise<EraseReport> {
    validateId(owner, 'owner');
    return this.#owners.erase(owner);
  }

  /** All that is kept of an owner in this namespace. */
  async exportOwner(owner: string): Promise<OwnerExport> {
    validateId(owner, 'owner');
    return this.#owners.export(owner);
  }

  /** For operators: reads every live session of the namespace, by a scan. */
  async stats<Summary = undefined>(options: StatsOptions<T, Summary> = {}): Promise<SessionStats<Summary>> {
    return this.#upkeep.stats(options);
  }

  /** Hands every live session, with its lists, to `target`; one that fails stops no other. */
  async saveAll(target: (session: SessionSuccess<T, ListName, View>) => void | Promise<void>): Promise<SaveReport> {
    return this.#upkeep.saveAll(target);
  }

  /**
   * Hands over the sessions that have expired and are in their time of grace, with their lists, and deletes each once
   * `onExpire` is done with it. If several processes sweep, one may be handed to each.
   */
  async sweep(options: SweepOptions<T, ListName, View> = {}): Promise<SweepReport> {
    return this.#upkeep.sweep(options);
  }

  /**
   * Sweeps again and again, so many milliseconds after the last sweep was done, until the returned function is called
   * or the manager closed. Keeps no process from ending; a sweep that fails is logged.
   */
  sweepEvery(everyMs: number, options: SweepOptions<T, ListName, View> = {}): () => void {
    const sweep = () => this.sweep(options);
    return sweepEvery(everyMs, { sweep, logger: this.#logger, signal: this.#closing.signal });
  }

  /** Ends what this manager keeps going: watches and sweeps. The storage is whoever's made it. */
  async close(): Promise<void> {
    this.#closing.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #get(
    sessionId: string,
    options: GetSessionOptions<ListName>,
    memo?: Memo<ListName>,
  ): Promise<SessionSuccess<T, ListName, View>> {
    const { store, clock, found } = this.#shared;
    const seen = await store.load(sessionId, options, options.lists);
    if (memo !== undefined) memo.seen = { ...seen, record: ownCopy(seen.record), lists: {} };
    const now = clock();
    if (this.#slides.isDue(sessionId, seen.record, now)) {
      // If it is refused, somebody has written meanwhile, who has kept the session alive, or deleted it.
      await store.touch(sessionId, seen, now);
      this.#slides.note(sessionId, seen.record, now);
    }
    return found(sessionId, seen);
  }

  async #look(sessionId: string, access: Access): Promise<SessionSuccess<T, ListName, View>> {
    const { store, found } = this.#shared;
    return found(sessionId, await store.load(sessionId, access));
  }

  async #updated(write: Promise<SessionSuccess<T, ListName, View>>): Promise<SessionSuccess<T, ListName, View>> {
    const session = await write;
    this.#emit('updated', session.sessionId, session.version);
    return session;
  }

  async #remove(sessionId: string, access: Access): Promise<boolean> {
    const wasThere = await this.#writer.remove(sessionId, accessOf(access));
    if (wasThere) this.#emit('deleted', sessionId);
    return wasThere;
  }

  #emit(type: SessionEvent['type'], sessionId: string, version: string | null = null): void {
    this.#events.emit({ type, sessionId, version });
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

/** A time that is none would be stored as null. */
function checkedClock(clock: () => number): () => number {
  return () => {
    const now = clock();
    refuseUnless(Number.isFinite(now), 'clock', 'gave no number of milliseconds');
    return Math.floor(now);
  };
}

function accessOf({ owner, agentId }: Access): Access {
  return { owner, agentId };
}
