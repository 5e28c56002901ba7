import { isStateroomError, refuseUnless } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { maxAttempts, pauseBefore, tooManyAttempts } from './attempts.ts';
import { callersOwn } from './callers-own.ts';
import { deepFreeze } from './freeze.ts';
import type { Access } from './guard.ts';
import { shortId } from './id.ts';
import { KeyQueue } from './key-queue.ts';
import { type Memo, memoOf } from './memo.ts';
import type { InitialStateContext } from './options.ts';
import { type Draft, envelopeOf, type SessionRecord, writtenEnvelope } from './stored/record.ts';
import type { SessionSuccess } from './result.ts';
import { listsAfter } from './stored/session-changes.ts';
import { needsRenewal } from './many/session-index.ts';
import {
  assertAccessible,
  isUnreadable,
  type ListItems,
  type ListLengths,
  type StoredSession,
  storedAs,
  type WriteOutcome,
} from './stored/stored-session.ts';
import { type Creation, type NewSessionOptions, SessionCreator } from './session-creator.ts';
import type { Shared } from './shared.ts';
import type { EncodedState, StateCodec } from './stored/state-codec.ts';

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

/**
 * Writes sessions, each write one checked commit: on what was seen, and again on what refused it. Updates and resets of
 * one caller on one session run in turn. Throws StateroomError, and what the caller's own functions threw.
 */
export class SessionWriter<T, ListName extends string, View> {
  readonly #shared: Shared<T, ListName, View>;
  readonly #options: WriterOptions<T>;
  readonly #creator: SessionCreator<T, ListName, View>;
  readonly #queue = new KeyQueue<StoredSession<ListName>>(queueWaitMs);

  constructor(shared: Shared<T, ListName, View>, options: WriterOptions<T>) {
    this.#shared = shared;
    this.#options = options;
    this.#creator = new SessionCreator(shared, async (sessionId, { input, content }) =>
      content === undefined ? this.#initial(sessionId, input) : options.codec.encode(content.state),
    );
  }

  /** Replacements take their turn with the updates; other creations write once at most, and wait for nobody. */
  async create(
    sessionId: string,
    options: NewSessionOptions<T, ListName>,
    creation: Creation,
  ): Promise<SessionSuccess<T, ListName, View>> {
    const { ifExists = 'error' } = options;
    refuseUnless(['error', 'return', 'replace'].includes(ifExists), 'ifExists', 'is none of error, return and replace');
    if (ifExists !== 'replace') return this.#creator.create(sessionId, options, creation);
    return this.#queue.run(queueKey(sessionId, options), (place) => {
      place.handedOn = null;
      return this.#creator.create(sessionId, options, creation);
    });
  }

  async update(
    sessionId: string,
    target: Target<ListName>,
    { change, truncate = {}, append = {} }: ListEdits<ListName> & { readonly change: (state: T) => T | Promise<T> },
  ): Promise<SessionSuccess<T, ListName, View>> {
    return this.#write(sessionId, target, async ({ record }) => {
      const changed = async (state: Pick<SessionRecord, 'state' | 'stateVersion'>) => {
        const seen = deepFreeze(await this.#options.codec.decode(state));
        return this.#options.codec.encode(await callersOwn(() => change(seen)));
      };
      const next = await changed(record);
      const cuts = Object.keys(truncate).length > 0;
      const draft = record.draft && { ...record.draft, before: await this.#draftBefore(record, changed) };
      return { ...next, epoch: record.epoch + (cuts ? 1 : 0), truncate, append, draft };
    });
  }

  /** The state that a draft goes back to, with what somebody else has changed meanwhile. */
  async #draftBefore(
    { draft, stateVersion }: SessionRecord,
    changed: (state: Pick<SessionRecord, 'state' | 'stateVersion'>) => Promise<EncodedState>,
  ): Promise<unknown> {
    const { text } = await changed({ state: draft?.before, stateVersion });
    return JSON.parse(text);
  }

  async reset(sessionId: string, access: Access, input: unknown): Promise<SessionSuccess<T, ListName, View>> {
    return this.#write(sessionId, access, async ({ record }) => {
      this.#options.codec.refuseNewer(record);
      const initial = await this.#initial(sessionId, input);
      // Lists that this manager does not know are forgotten, and so as good as empty.
      return { ...initial, epoch: record.epoch + 1, truncate: this.#shared.store.noItems(), begun: [], isReset: true };
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
        const { text: stateText, stateVersion, epoch, truncate, append, begun, draft, isReset } = await next(seen);
        const [version, now] = [versions.next(), clock()];
        const lists = listsAfter(begun ?? seen.record.lists, append);
        const envelope = writtenEnvelope(envelopeOf(seen.record), version, { now, stateVersion, epoch, lists, draft });
        if (envelope.owner !== null && needsRenewal(seen.record, now)) await announce(envelope.owner, sessionId);
        const written = { envelope, stateText, version, truncate, append };
        // What could not be read again is not written.
        const session = await found(sessionId, storedAs(written));
        return {
          outcome: await (isReset ? store.reset(sessionId, seen, written) : store.replace(sessionId, seen, written)),
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
  ListEdits<ListName> & {
    readonly epoch: number;
    readonly begun?: readonly string[];
    readonly draft?: Draft | undefined;
    readonly isReset?: boolean;
  };

type TryWrite<ListName extends string, R> = (seen: StoredSession<ListName>) => Promise<{
  readonly outcome: WriteOutcome<ListName>;
  readonly written?: () => StoredSession<ListName>;
  readonly result: () => Promise<R>;
}>;

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
