import { isStateroomError, refuseUnless, StateroomError } from '../errors.ts';
import { ownCopy } from '../json.ts';
import type { Logger } from '../logger.ts';
import { maxAttempts, pauseBefore, tooManyAttempts } from './attempts.ts';
import { callersOwn } from './callers-own.ts';
import { deepFreeze } from './freeze.ts';
import type { Access } from './guard.ts';
import { shortId } from './id.ts';
import { KeyQueue } from './key-queue.ts';
import { type Memo, memoOf } from './memo.ts';
import type { CreateSessionOptions, InitialStateContext } from './options.ts';
import { belongsTo, type Envelope, envelopeOf, newEnvelope, writtenEnvelope } from './stored/record.ts';
import type { SessionSuccess } from './result.ts';
import { listsAfter } from './stored/session-changes.ts';
import { needsRenewal } from './many/session-index.ts';
import { type Aside } from './stored/session-store.ts';
import {
  assertAccessible,
  isUnreadable,
  type ListItems,
  type ListLengths,
  type NextSession,
  type StoredSession,
  type WriteOutcome,
} from './stored/stored-session.ts';
import type { Shared } from './shared.ts';
import type { CountedOutcome } from './many/census.ts';
import type { EncodedState, StateCodec } from './stored/state-codec.ts';
import type { TtlPolicy } from './ttl.ts';

/** A wait in the queue is bounded; past the bound it is a CONFLICT. */
const queueWaitMs = 30_000;

export type WriterOptions<T> = {
  readonly codec: StateCodec<T>;
  readonly initialState: (context: InitialStateContext) => T | Promise<T>;
  readonly logger: Logger;
};

export type Target<ListName extends string> = Access & { readonly memo?: Memo<ListName> };

export type ListEdits<ListName extends string> = {
  readonly truncate?: ListLengths<ListName> | undefined;
  readonly append?: ListItems<ListName> | undefined;
};

/** How a session is looked for before it is made, and counted when it is. */
export type Creation = {
  readonly ttl: TtlPolicy;
  /** Whether it is worth a round trip to know of one that is there before all this. */
  readonly looksFirst: boolean;
  readonly counted: <R extends CountedOutcome>(insert: (aside: Aside) => Promise<R>) => Promise<R>;
};

/**
 * Writes sessions, each write one checked commit: on what was seen, and again on what refused it. Updates and resets of
 * one caller on one session run in turn. Throws StateroomError, and what the caller's own functions threw.
 */
export class SessionWriter<T, ListName extends string, View> {
  readonly #shared: Shared<T, ListName, View>;
  readonly #options: WriterOptions<T>;
  readonly #queue = new KeyQueue<StoredSession<ListName>>(queueWaitMs);

  constructor(shared: Shared<T, ListName, View>, options: WriterOptions<T>) {
    this.#shared = shared;
    this.#options = options;
  }

  /** Replacements take their turn with the updates; other creations write once at most, and wait for nobody. */
  async create(
    sessionId: string,
    options: CreateSessionOptions,
    creation: Creation,
  ): Promise<SessionSuccess<T, ListName, View>> {
    const { ifExists = 'error' } = options;
    refuseUnless(['error', 'return', 'replace'].includes(ifExists), 'ifExists', 'is none of error, return and replace');
    if (ifExists !== 'replace') return this.#create(sessionId, options, creation);
    return this.#queue.run(queueKey(sessionId, options), (place) => {
      place.handedOn = null;
      return this.#create(sessionId, options, creation);
    });
  }

  async #create(
    sessionId: string,
    options: CreateSessionOptions,
    { ttl, looksFirst, counted }: Creation,
  ): Promise<SessionSuccess<T, ListName, View>> {
    const { store, versions, clock, announce, found } = this.#shared;
    const { stateVersion, text: stateText } = await this.#initial(sessionId, options.input);
    const [version, incarnation, now] = [versions.next(), versions.next(), clock()];
    const origin = newEnvelope({ ...options, incarnation, now, ttl });
    const envelope = writtenEnvelope(origin, version, { now, stateVersion, epoch: 0 });
    const next = { envelope, stateText, version };
    // What could not be read again is not written.
    const made = await found(sessionId, storedAs(next), true);
    const announced = async () => {
      if (options.owner !== undefined) await announce(options.owner, sessionId);
    };
    // An id that the caller chose may be taken: then it is neither announced nor given room.
    let there = looksFirst && options.sessionId !== undefined ? (await store.peek(sessionId)).session : null;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      if (await pauseBefore(attempt)) {
        there = (await store.peek(sessionId)).session;
      }
      if (there !== null) there = await this.#alive(sessionId, there, { ...options, envelope });
      if (there !== null && !isToBeReplaced(there, { ...options, envelope })) return found(sessionId, there, false);
      let outcome: WriteOutcome<ListName>;
      if (there === null) {
        outcome = await counted(async (aside) => {
          await announced();
          return store.insert(sessionId, next, aside);
        });
      } else {
        await announced();
        outcome = await store.supplant(sessionId, there, next);
      }
      if (outcome.committed) return made;
      there = outcome.found;
    }
    throw tooManyAttempts();
  }

  /** What is there as it is now, or null: one that has expired is taken away, if it is to be replaced. */
  async #alive(
    sessionId: string,
    there: StoredSession<ListName>,
    { ifExists, envelope }: CreateSessionOptions & { readonly envelope: Envelope },
  ): Promise<StoredSession<ListName> | null> {
    if (there.record.ttl.graceMs === 0) return there;
    const { store } = this.#shared;
    const { session, isExpired } = await store.peek(sessionId);
    if (session === null || !isExpired) return session;
    if (ifExists !== 'replace' || !belongsTo(session.record, envelope)) {
      const message = 'a session of this id has expired and waits for its sweep; sweep first, or replace it';
      throw new StateroomError('EXISTS', message);
    }
    const outcome = await store.remove(sessionId, session);
    return outcome.committed ? null : outcome.found;
  }

  async update(
    sessionId: string,
    target: Target<ListName>,
    { change, truncate = {}, append = {} }: ListEdits<ListName> & { readonly change: (state: T) => T | Promise<T> },
  ): Promise<SessionSuccess<T, ListName, View>> {
    return this.#write(sessionId, target, async ({ record }) => {
      const state = deepFreeze(await this.#options.codec.decode(record));
      const next = await this.#options.codec.encode(await callersOwn(() => change(state)));
      const cuts = Object.keys(truncate).length > 0;
      return { ...next, epoch: record.epoch + (cuts ? 1 : 0), truncate, append };
    });
  }

  async reset(sessionId: string, access: Access, input: unknown): Promise<SessionSuccess<T, ListName, View>> {
    return this.#write(sessionId, access, async ({ record }) => {
      this.#options.codec.refuseNewer(record);
      const initial = await this.#initial(sessionId, input);
      // Lists that this manager does not know are forgotten, and so as good as empty.
      return { ...initial, epoch: record.epoch + 1, truncate: this.#shared.store.noItems(), begun: [] };
    });
  }

  async touch(sessionId: string, access: Access): Promise<SessionSuccess<T, ListName, View>> {
    const { store, clock, found } = this.#shared;
    return this.#untilCommitted(sessionId, access, async (seen) => {
      const session = await found(sessionId, seen);
      return { outcome: await store.touch(sessionId, seen, clock()), result: async () => session };
    });
  }

  /** Whether there was one to remove. */
  async remove(sessionId: string, access: Access): Promise<boolean> {
    const { store } = this.#shared;
    try {
      return await this.#untilCommitted(sessionId, access, async (seen) => ({
        outcome: await store.remove(sessionId, seen),
        result: async () => true,
      }));
    } catch (error) {
      if (isStateroomError(error) && error.code === 'NOT_FOUND') return false;
      const isTrusted = access.owner === undefined && access.agentId === undefined;
      if (!isUnreadable(error) || !isTrusted) throw error;
      return store.removeUnreadable(sessionId);
    }
  }

  async #write(
    sessionId: string,
    target: Target<ListName>,
    next: (seen: StoredSession<ListName>) => Promise<Next<ListName>>,
  ): Promise<SessionSuccess<T, ListName, View>> {
    const { store, versions, clock, announce, found } = this.#shared;
    return this.#queue.run(queueKey(sessionId, target), (place) => {
      const memo = target.memo ?? memoOf(place);
      // What was handed on is old once a handle has written from its own memory.
      if (target.memo !== undefined) place.handedOn = null;
      return this.#untilCommitted(sessionId, { ...target, memo }, async (seen) => {
        const { text: stateText, stateVersion, epoch, truncate, append, begun } = await next(seen);
        const [version, now] = [versions.next(), clock()];
        const lists = listsAfter(begun ?? seen.record.lists, append);
        const envelope = writtenEnvelope(envelopeOf(seen.record), version, { now, stateVersion, epoch, lists });
        if (envelope.owner !== null && needsRenewal(seen.record, now)) await announce(envelope.owner, sessionId);
        const written = { envelope, stateText, version, truncate, append };
        // What could not be read again is not written.
        const session = await found(sessionId, storedAs(written));
        return {
          outcome: await store.replace(sessionId, seen, written),
          written: () => storedAs(written),
          result: async () => session,
        };
      });
    });
  }

  /** Tries a write on what is there, and again on what refused it, until it is committed or the session is gone. */
  async #untilCommitted<R>(
    sessionId: string,
    { memo, ...access }: Target<ListName>,
    tryWrite: TryWrite<ListName, R>,
  ): Promise<R> {
    const { store } = this.#shared;
    const remembered = memo?.seen ?? null;
    let seen = remembered ?? (await store.load(sessionId, access));
    // Until it is known anew: a write may end in any way.
    if (memo !== undefined) memo.seen = null;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      if (await pauseBefore(attempt)) {
        // What was found before a pause is old after it, and would be refused again.
        seen = assertAccessible(sameSession(seen, await store.load(sessionId, access)), access);
      }
      const { outcome, written, result } = await tryWrite(seen);
      if (outcome.committed) {
        if (memo?.isWanted()) memo.seen = written?.() ?? null;
        return result();
      }
      // What was remembered may be of a session that was gone before this write began; then it is begun on the new one.
      const next = seen === remembered ? outcome.found : sameSession(seen, outcome.found);
      seen = assertAccessible(next, access);
      this.#options.logger.debug({ sessionId: shortId(sessionId), attempt }, 'a write was refused and is tried again');
    }
    throw tooManyAttempts();
  }

  async #initial(sessionId: string, input: unknown): Promise<EncodedState> {
    const { codec, initialState } = this.#options;
    const context = { sessionId, input, now: this.#shared.clock() };
    return codec.encode(await callersOwn(() => initialState(context)));
  }
}

type Next<ListName extends string> = EncodedState &
  ListEdits<ListName> & { readonly epoch: number; readonly begun?: readonly string[] };

type TryWrite<ListName extends string, R> = (seen: StoredSession<ListName>) => Promise<{
  readonly outcome: WriteOutcome<ListName>;
  readonly written?: () => StoredSession<ListName>;
  readonly result: () => Promise<R>;
}>;

/** Whether it is, or is to be returned. Throws EXISTS where neither is to be done. */
function isToBeReplaced<ListName extends string>(
  there: StoredSession<ListName>,
  { ifExists = 'error', envelope }: CreateSessionOptions & { readonly envelope: Envelope },
): boolean {
  if (ifExists === 'error' || !belongsTo(there.record, envelope)) {
    throw new StateroomError('EXISTS', 'there is a session of this id already');
  }
  return ifExists === 'replace';
}

/** As a read of what was written would give it, each time its own. */
function storedAs<ListName extends string>({
  envelope,
  stateText,
  version,
}: NextSession<ListName>): StoredSession<ListName> {
  return { record: { ...ownCopy(envelope), state: JSON.parse(stateText) }, version, lists: {} };
}

/** What was found in place of `seen`, or null if that session is gone, though a new one may bear its id. */
function sameSession<ListName extends string>(
  seen: StoredSession<ListName>,
  found: StoredSession<ListName> | null,
): StoredSession<ListName> | null {
  return found?.record.incarnation === seen.record.incarnation ? found : null;
}

/** A queue for each session and claimed identity, so that a stranger never waits for the owner and learns of them. */
function queueKey(sessionId: string, { owner, agentId }: Access): string {
  return JSON.stringify([sessionId, owner ?? null, agentId ?? null]);
}
