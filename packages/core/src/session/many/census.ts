import { isStateroomError, StateroomError } from '../../errors.ts';
import { callersOwn } from '../callers-own.ts';
import { KeyQueue } from '../key-queue.ts';
import { type Hint, type IndexSnapshot, newestFirst, SessionIndex } from './session-index.ts';
import type { SessionManagerOptions } from '../options.ts';
import type { Aside } from '../stored/attachment.ts';
import { isUnreadable, type StoredSession } from '../stored/stored-session.ts';
import type { Shared } from '../shared.ts';

export type CensusOptions<T, ListName extends string, View> = {
  readonly maxSessions: number;
  readonly whenFull: 'reject' | 'evict-idle';
  readonly onEvict: SessionManagerOptions<T, ListName, View>['onEvict'];
};

/** What became of an insert; refused aside alone means that another manager has counted one in between. */
export type CountedOutcome = { readonly isAsideRefused?: boolean };

const waitMs = 30_000;

/**
 * Keeps the number of a namespace's sessions to a bound. Each new one is written into a list in its own commit, which
 * checks how long that list is; when it is full, the dead are struck off it first.
 */
export class Census<T, ListName extends string, View> {
  readonly #shared: Shared<T, ListName, View>;
  readonly #options: CensusOptions<T, ListName, View>;
  readonly #index: SessionIndex;
  readonly #queue = new KeyQueue(waitMs);

  /** INVALID where nobody can count. */
  constructor(shared: Shared<T, ListName, View>, options: CensusOptions<T, ListName, View>) {
    const { storage, keySpace } = shared;
    if (storage.scope !== 'process') {
      const message = `maxSessions needs a storage of this process alone; on "${storage.name}" nobody can count sessions without a scan`;
      throw new StateroomError('INVALID', message, { path: 'maxSessions' });
    }
    if (!Number.isSafeInteger(options.maxSessions) || options.maxSessions < 1) {
      throw new StateroomError('INVALID', 'maxSessions is no whole number from 1', { path: 'maxSessions' });
    }
    this.#shared = shared;
    this.#options = options;
    this.#index = new SessionIndex(storage, keySpace.census());
  }

  /** Does `insert` with what it has to commit besides, again if another manager was faster. LIMIT when it is full. */
  async counted<R extends CountedOutcome>(sessionId: string, insert: (aside: Aside) => Promise<R>): Promise<R> {
    return this.#queue.run('', async () => {
      for (;;) {
        const seen = await this.#withRoom();
        const outcome = await insert(this.#index.announcing({ sessionId, at: this.#shared.clock() }, seen));
        if (outcome.isAsideRefused !== true) return outcome;
      }
    });
  }

  async #withRoom(): Promise<IndexSnapshot> {
    const { maxSessions, whenFull } = this.#options;
    for (;;) {
      const seen = await this.#index.read();
      if (seen.length < maxSessions) return seen;
      const alive = await this.#alive(seen);
      const idlest = alive.length < maxSessions ? undefined : idlestOf(alive);
      if (alive.length >= maxSessions && (whenFull === 'reject' || idlest === undefined)) {
        const message = `there are ${alive.length} sessions, and maxSessions is ${maxSessions}`;
        throw new StateroomError('LIMIT', message, { path: 'maxSessions' });
      }
      if (idlest?.session && !(await this.#evict(idlest.hint.sessionId, idlest.session))) continue;
      const left = alive.filter((member) => member !== idlest).map(({ hint }) => hint);
      await this.#index.rewrite(seen, left, this.#shared.versions.next());
    }
  }

  /** False when it has been written meanwhile: then another one may be the idlest. */
  async #evict(sessionId: string, session: StoredSession<ListName>): Promise<boolean> {
    if (!(await this.#handOver(sessionId))) return false;
    const { committed } = await this.#shared.store.remove(sessionId, session);
    if (committed) this.#shared.onGone(sessionId);
    return committed;
  }

  /** Whether it is still there; then whoever asked to be told has had it. */
  async #handOver(sessionId: string): Promise<boolean> {
    const { onEvict } = this.#options;
    if (onEvict === undefined) return true;
    const { store, found } = this.#shared;
    const session = await store.load(sessionId, {}, store.allLists()).catch((error: unknown) => {
      if (isStateroomError(error) && error.code === 'NOT_FOUND') return null;
      throw error;
    });
    if (session === null) return false;
    const whole = await found(sessionId, session);
    await callersOwn(() => onEvict(whole));
    return true;
  }

  async #alive(seen: IndexSnapshot): Promise<readonly Member<ListName>[]> {
    const members = await Promise.all(
      newestFirst(seen).map(async (hint): Promise<Member<ListName> | null> => {
        try {
          const { session, isExpired } = await this.#shared.store.peek(hint.sessionId);
          return session === null || isExpired ? null : { hint, session };
        } catch (error) {
          // One that cannot be read takes up its place all the same.
          if (isUnreadable(error)) return { hint, session: null };
          throw error;
        }
      }),
    );
    return members.filter((member) => member !== null).toReversed();
  }
}

type Member<ListName extends string> = { readonly hint: Hint; readonly session: StoredSession<ListName> | null };

function idlestOf<ListName extends string>(members: readonly Member<ListName>[]): Member<ListName> | undefined {
  const idleSince = ({ session }: Member<ListName>) => session?.record.updatedAt ?? Number.POSITIVE_INFINITY;
  const [idlest] = members.toSorted((a, b) => idleSince(a) - idleSince(b));
  return idlest?.session ? idlest : undefined;
}
