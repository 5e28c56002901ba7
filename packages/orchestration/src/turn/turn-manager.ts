import {
  type Access,
  isStateroomError,
  type ListRange,
  type Logger,
  refuseUnless,
  type SessionInfo,
  type SessionList,
  type SessionManager,
  type SessionParts,
  silentLogger,
  unwrap,
  validateId,
} from '@stateroom/core';
import { Bell } from './bell.ts';
import { Beginning } from './begin.ts';
import { fork } from './fork.ts';
import { HistoryCache } from './history-cache.ts';
import type { BeginOptions, NotBegun, OverlapPolicy } from './overlap.ts';
import { rewind } from './rewind.ts';
import { type FollowedChunks, type FollowedEnd, followTurn } from './stream-log.ts';
import { type StopOutcome, stopTurn } from './stop.ts';
import { parseStored, Run, TurnRecord } from './stored.ts';
import { Turn } from './turn.ts';
import type { Salvage, TurnContext, TurnLimits, TurnList, TurnSession } from './turn-context.ts';
import { turnAttachment, TurnKeys } from './turn-parts.ts';

export type TurnManagerOptions<T> = Partial<TurnLimits> & {
  /** Made with the lists `messages` and `turns`, and with `turnAttachment` among its `attachments`. */
  readonly sessions: Pick<SessionManager<T, TurnList>, 'parts' | 'getSession' | 'createSession' | 'deleteSession'>;
  /** 'reject' by default. */
  readonly overlap?: OverlapPolicy;
  /** By default only what was stored step by step is left of a turn whose process has died. */
  readonly salvage?: Salvage;
  /** Of the state of a session and a new id, the state of the fork; by default it is the same. */
  readonly forked?: (state: T, forkId: string) => T;
  /**
   * Of the state that a rewind or rollback goes back to, and the one that it leaves, the state that is stored; by default
   * the former. Pure; it may run more than once.
   */
  readonly restored?: (state: T, left: T) => T;
  readonly logger?: Logger;
};

const defaultLimits: TurnLimits = {
  leaseMs: 30_000,
  queueWaitMs: 60_000,
  maxQueue: 16,
  maxTurnMs: null,
  streamTtlMs: 10 * 60_000,
  stopGraceMs: 30_000,
  historyCacheBytes: 16 * 1024 * 1024,
};

const mayBeNone = ['maxQueue', 'historyCacheBytes'] as const;

/** A turn that has begun here, or why none has. */
export type Begun<T> = { readonly status: 'started'; readonly turn: Turn<T> } | NotBegun;

/** A session with its transcript, and the turn that runs in it, or has died there. */
export type TurnView<T> = {
  /** Opaque, like an ETag: another one after each write of the session. */
  readonly version: string;
  readonly info: SessionInfo;
  readonly state: T;
  readonly messages: SessionList;
  readonly running: Run | null;
};

/** All that was said in a session, with the turns that are over, oldest first. */
export type TurnHistory<T> = TurnView<T> & { readonly turns: readonly TurnRecord[] };

const policies: readonly string[] = ['reject', 'enqueue', 'interrupt', 'rollback', 'steer'];

/**
 * Runs the turns of sessions: one at a time in each session, whoever asks in whatever process, each stored in whole
 * steps or not at all. Needs nothing but the storage of the sessions. Throws StateroomError.
 */
export class TurnManager<T> {
  readonly #context: TurnContext<T>;
  readonly #sessions: TurnManagerOptions<T>['sessions'];
  readonly #overlap: OverlapPolicy;
  readonly #closing = new AbortController();
  /** Those that run in this process. */
  readonly #running = new Map<string, Turn<T>>();

  constructor(options: TurnManagerOptions<T>) {
    const { sessions, overlap = 'reject', logger = silentLogger, ...others } = options;
    const { salvage = async () => [], forked = same, restored = same, ...given } = others;
    const limits = { ...defaultLimits, ...given };
    const { parts } = sessions;
    validate(limits, parts.made);
    this.#sessions = sessions;
    this.#overlap = overlap;
    this.#context = {
      parts,
      keysOf: (sessionId) => new TurnKeys(parts.keys(sessionId)),
      limits,
      bell: new Bell(),
      history: new HistoryCache({ maxBytes: limits.historyCacheBytes }),
      salvage,
      forked,
      restored,
      logger,
    };
  }

  /**
   * Begins the turn that answers a message, in one round trip where nothing is in the way. Where a turn runs, the overlap
   * policy says what happens. NOT_FOUND when the session is not there, or not for this access; NOT_PENDING when what it
   * is to answer is not open.
   */
  async begin(
    sessionId: string,
    { overlap = this.#overlap, ...options }: Omit<BeginOptions<T>, 'overlap'> & { readonly overlap?: OverlapPolicy },
  ): Promise<Begun<T>> {
    validateId(options.messageId, 'messageId');
    refuseUnless(policies.includes(overlap), 'overlap', `is none of ${policies.join(', ')}`);
    const guard = await this.#guardOf(sessionId, options);
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    const claim = await new Beginning(this.#context, sessionId, { ...options, signal, overlap, guard }).run();
    if ('status' in claim) return claim;
    const key = JSON.stringify([sessionId, claim.run.turnId]);
    const turn: Turn<T> = new Turn(this.#context, claim, () => {
      // Another of its name may run by now, in a session that was made anew.
      if (this.#running.get(key) === turn) this.#running.delete(key);
    });
    this.#running.set(key, turn);
    if (this.#closing.signal.aborted) turn.request('interrupted');
    return { status: 'started', turn };
  }

  /**
   * What a turn says, from any process, until its end, which the generator returns. NOT_FOUND when the session is not
   * there, or not for this access.
   */
  async *follow(
    sessionId: string,
    { turnId, from, signal, ...access }: Access & { turnId: string; from?: number; signal?: AbortSignal },
  ): AsyncGenerator<FollowedChunks, FollowedEnd, undefined> {
    const guard = await this.#guardOf(sessionId, access);
    const target = { sessionId, turnId, guard, ...(from !== undefined && { from }), ...(signal && { signal }) };
    return yield* followTurn(this.#context, target);
  }

  /**
   * Asks a turn to end that runs or waits, from any process; no other turn is ever hit, nor one that comes later. It is
   * heard within a second.
   */
  async stop(sessionId: string, { turnId, ...access }: Access & { readonly turnId: string }): Promise<StopOutcome> {
    const guard = await this.#guardOf(sessionId, access);
    const outcome = await stopTurn(this.#context, { sessionId, guard, turnId });
    if (outcome !== 'asked') return outcome;
    this.#running.get(JSON.stringify([sessionId, turnId]))?.request('stopped');
    this.#context.bell.ring(sessionId);
    return outcome;
  }

  /**
   * Takes the session back to where it was after a turn, or before the first. Gives the turns that are gone. CONFLICT
   * while a turn runs, INVALID for a turn that is not there, NO_CHECKPOINT for one too long ago, but with `keepState`.
   */
  async rewind(
    sessionId: string,
    { turnId, keepState, ...access }: Access & { readonly turnId: string | null; readonly keepState?: boolean },
  ): Promise<readonly TurnRecord[]> {
    const guard = await this.#guardOf(sessionId, access);
    return rewind(this.#context, { sessionId, guard, turnId, keepState });
  }

  /**
   * Makes a new session of the same owner and agent with all that was there after a turn, or after none; gives its id.
   * INVALID for a turn that is not there, NO_CHECKPOINT for one too long ago, EXISTS where the new id is taken.
   */
  async fork(
    sessionId: string,
    { turnId, forkId, ...access }: Access & { readonly turnId: string | null; readonly forkId?: string },
  ): Promise<string> {
    const guard = await this.#guardOf(sessionId, access);
    return fork(this.#context, this.#sessions, { sessionId, guard, turnId, forkId });
  }

  /** The session as whoever shows it needs it, in one round trip; null when it is not there, or not for this access. */
  async open(
    sessionId: string,
    access: Access = {},
    history: Omit<ListRange, 'key'> = {},
  ): Promise<TurnView<T> | null> {
    validateId(sessionId, 'sessionId');
    const { parts, keysOf } = this.#context;
    const keys = keysOf(sessionId);
    const { entries, lists } = await parts.read({
      entries: [keys.record, keys.guard, keys.run],
      lists: [{ key: keys.messages, ...history }],
    });
    // A session in its time of grace has a record, and no guard.
    if (entries[0] === null || entries[1] === null) return null;
    const session = await parts.open(sessionId, entries[0], access).catch(nullIfAbsent);
    if (session === null) return null;
    const messages = parts.list(session, 'messages', lists[0]);
    return { ...this.#shown(session), messages, running: parseStored(Run, entries[2]) };
  }

  /**
   * The whole session as it is at one moment: a turn stands in `turns` or is `running`, never in both or none. NOT_FOUND
   * when the session is not there, or not for this access.
   */
  async history(sessionId: string, access: Access = {}): Promise<TurnHistory<T>> {
    validateId(sessionId, 'sessionId');
    const { parts, keysOf } = this.#context;
    const keys = keysOf(sessionId);
    const { entries, lists } = await parts.read({
      entries: [keys.record, keys.guard, keys.run],
      lists: [{ key: keys.messages }, { key: keys.turns }],
    });
    const [record, guard, run] = entries;
    // A session in its time of grace has a record, and no guard.
    const session = await parts.open(sessionId, guard === null ? null : record, access);
    return {
      ...this.#shown(session),
      messages: parts.list(session, 'messages', lists[0]),
      turns: parts.list(session, 'turns', lists[1]).items.map((item) => TurnRecord.parse(item)),
      running: parseStored(Run, run),
    };
  }

  /** The turns that are over, oldest first. NOT_FOUND when the session is not there, or not for this access. */
  async list(sessionId: string, access: Access = {}): Promise<readonly TurnRecord[]> {
    const { parts, keysOf } = this.#context;
    const keys = keysOf(sessionId);
    const { entries, lists } = await parts.read({ entries: [keys.record], lists: [{ key: keys.turns }] });
    const session = await parts.open(sessionId, entries[0], access);
    return parts.list(session, 'turns', lists[0]).items.map((item) => TurnRecord.parse(item));
  }

  /**
   * Asks the turns that run in this process to end as interrupted, and waits for them, for `graceMs` at most. Whoever
   * waits for a turn here withdraws, and one that begins all the same is interrupted at once.
   */
  async close({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    const until = performance.now() + graceMs;
    this.#closing.abort();
    for (const turn of this.#running.values()) turn.request('interrupted');
    while (this.#running.size > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #shown(session: TurnSession<T>): Pick<TurnView<T>, 'version' | 'info' | 'state'> {
    return { version: session.seen.version, info: this.#context.parts.info(session), state: session.state };
  }

  /** Owner and agent are one digest; where trusted code names none of them, it is looked up whose the session is. */
  async #guardOf(sessionId: string, { owner, agentId }: Access): Promise<string> {
    validateId(sessionId, 'sessionId');
    if (owner !== undefined && agentId !== undefined) return this.#context.parts.guardVersion({ owner, agentId });
    const found = unwrap(await this.#sessions.getSession(sessionId, { owner, agentId }));
    return this.#context.parts.guardVersion({ owner: found.owner ?? undefined, agentId: found.agentId ?? undefined });
  }
}

function same<T>(state: T): T {
  return state;
}

function validate(limits: TurnLimits, { lists, attachments }: SessionParts<unknown, TurnList>['made']): void {
  const hasAll = attachments.includes(turnAttachment) && lists.includes('messages') && lists.includes('turns');
  refuseUnless(hasAll, 'sessions', "lack `lists: ['messages', 'turns']` or `attachments: [turnAttachment]`");
  for (const name of ['leaseMs', 'queueWaitMs', 'maxTurnMs', 'streamTtlMs', 'stopGraceMs', ...mayBeNone] as const) {
    const value = limits[name];
    const least = mayBeNone.some((other) => other === name) ? 0 : 1;
    const isCount = value !== null && Number.isSafeInteger(value) && value >= least;
    refuseUnless(isCount || (name === 'maxTurnMs' && value === null), name, `is ${value}; give a whole number`);
  }
}

function nullIfAbsent(error: unknown): null {
  if (isStateroomError(error) && error.code === 'NOT_FOUND') return null;
  throw error;
}
