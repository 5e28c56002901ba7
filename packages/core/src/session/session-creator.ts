import { StateroomError } from '../errors.ts';
import { maxAttempts, pauseBefore, tooManyAttempts } from './attempts.ts';
import type { CountedOutcome } from './many/census.ts';
import type { CreateSessionOptions, SessionContent } from './options.ts';
import type { SessionSuccess } from './result.ts';
import type { Shared } from './shared.ts';
import type { Aside } from './stored/attachment.ts';
import { belongsTo, type Envelope, newEnvelope, writtenEnvelope } from './stored/record.ts';
import { listsAfter } from './stored/session-changes.ts';
import type { EncodedState } from './stored/state-codec.ts';
import { type StoredSession, storedAs, type WriteOutcome } from './stored/stored-session.ts';
import type { TtlPolicy } from './ttl.ts';

/** How a session is looked for before it is made, and counted when it is. */
export type Creation = {
  readonly ttl: TtlPolicy;
  /** Whether it is worth a round trip to know of one that is there before all this. */
  readonly looksFirst: boolean;
  readonly counted: <R extends CountedOutcome>(insert: (aside: Aside) => Promise<R>) => Promise<R>;
};

export type NewSessionOptions<T, ListName extends string> = CreateSessionOptions & {
  /** Begins with it, and not with the initial state. */
  readonly content?: SessionContent<T, ListName>;
};

/** Makes sessions, each by one checked commit. Throws StateroomError, and what the caller's own functions threw. */
export class SessionCreator<T, ListName extends string, View> {
  readonly #shared: Shared<T, ListName, View>;
  readonly #initial: (sessionId: string, options: NewSessionOptions<T, ListName>) => Promise<EncodedState>;

  constructor(
    shared: Shared<T, ListName, View>,
    initial: (sessionId: string, options: NewSessionOptions<T, ListName>) => Promise<EncodedState>,
  ) {
    this.#shared = shared;
    this.#initial = initial;
  }

  async create(
    sessionId: string,
    options: NewSessionOptions<T, ListName>,
    { ttl, looksFirst, counted }: Creation,
  ): Promise<SessionSuccess<T, ListName, View>> {
    const { store, versions, clock, announce, found } = this.#shared;
    const { stateVersion, text: stateText } = await this.#initial(sessionId, options);
    const [version, incarnation, now] = [versions.next(), versions.next(), clock()];
    const origin = newEnvelope({ ...options, incarnation, now, ttl });
    const append = options.content?.lists;
    const lists = listsAfter([], append);
    const envelope = writtenEnvelope(origin, version, { now, stateVersion, epoch: 0, lists });
    const next = { envelope, stateText, version, append };
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
}

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
