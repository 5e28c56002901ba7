import { isStateroomError, StateroomError } from '../../errors.ts';
import { CallersError, thrownBy } from '../callers-own.ts';
import type { Access } from '../guard.ts';
import type { EraseReport, FailedSession, ListSessionsOptions, OwnerExport, SessionPage } from '../options.ts';
import type { SessionSuccess } from '../result.ts';
import { type Hint, type IndexSnapshot, newestFirst, SessionIndex } from './session-index.ts';
import { belongsToAgent, isUnreadable, type ListRanges, type StoredSession } from '../stored/stored-session.ts';
import { inTurns, type Shared } from '../shared.ts';

/** A hint may be there so long before its session is. */
const announcedEarlyMs = 60 * 60_000;
const looksAtOnce = 16;
/** What a page looks at without success, beyond its limit: sessions that have gone of late, and other agents'. */
const looksInVain = 200;

/** The sessions of one owner: whoever asks for them reads one list and what it names, and nothing of anybody else. */
export class OwnerSessions<T, ListName extends string, View> {
  readonly #shared: Shared<T, ListName, View>;
  readonly #remove: (sessionId: string, access: Access) => Promise<boolean>;

  constructor(shared: Shared<T, ListName, View>, remove: (sessionId: string, access: Access) => Promise<boolean>) {
    this.#shared = shared;
    this.#remove = remove;
  }

  async page({ owner, agentId, limit = 50, cursor }: ListSessionsOptions): Promise<SessionPage<T, ListName, View>> {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > 1000) {
      throw new StateroomError('INVALID', `limit is ${limit}; give a whole number from 1 to 1,000`, { path: 'limit' });
    }
    const index = this.#index(owner);
    const seen = await index.read();
    const hints = after(newestFirst(seen), cursor ?? null);
    const looks: Look<ListName>[] = [];
    const sessions: SessionSuccess<T, ListName, View>[] = [];
    const failed: FailedSession[] = [];
    const isFull = () => sessions.length + failed.length === limit || looks.length >= limit + looksInVain;
    while (looks.length < hints.length && !isFull()) {
      // As many as are wanted; and where those before were in vain, so may these be.
      const size = Math.min(looksAtOnce, Math.max(limit - sessions.length - failed.length, looks.length));
      const batch = hints.slice(looks.length, looks.length + size);
      for (const look of await Promise.all(batch.map((hint) => this.#look(owner, hint)))) {
        if (isFull()) break;
        looks.push(look);
        const { sessionId } = look.hint;
        if (look.outcome === 'unreadable') failed.push({ sessionId, error: look.error });
        if (look.outcome !== 'alive' || !belongsToAgent(look.session.record, agentId)) continue;
        try {
          sessions.push(await this.#shared.found(sessionId, look.session));
        } catch (error) {
          failed.push({ sessionId, error: unreadable(error) });
        }
      }
    }
    await this.#tidy(index, seen, looks);
    const last = looks.at(-1);
    return {
      sessions,
      failed,
      cursor: last === undefined || looks.length === hints.length ? null : cursorAt(last.hint),
    };
  }

  /** Deletes every one; what is being made meanwhile is still listed, and goes with the next call. */
  async erase(owner: string): Promise<EraseReport> {
    const index = this.#index(owner);
    const seen = await index.read();
    let erased = 0;
    const looks: Look<ListName>[] = [];
    const failed = await inTurns(newestFirst(seen), async (hint) => {
      const wasThere = await this.#eraseOne(owner, hint.sessionId);
      if (wasThere) erased += 1;
      looks.push({ hint, outcome: wasThere ? 'erased' : 'dead' });
    });
    await this.#tidy(index, seen, looks);
    return { erased, failed };
  }

  async export(owner: string): Promise<OwnerExport> {
    const ranges = this.#shared.store.allLists();
    const hints = newestFirst(await this.#index(owner).read());
    const sessions: OwnerExport['sessions'][number][] = [];
    const failed: FailedSession[] = [];
    for (let from = 0; from < hints.length; from += looksAtOnce) {
      const batch = hints.slice(from, from + looksAtOnce);
      for (const look of await Promise.all(batch.map((hint) => this.#lookAtAll(owner, hint, ranges)))) {
        const { sessionId } = look.hint;
        if (look.outcome === 'alive') sessions.push(exported(sessionId, look.session));
        if (look.outcome === 'unreadable') failed.push({ sessionId, error: look.error });
      }
    }
    return { owner, sessions, failed };
  }

  /** Also one that has expired, and is kept for a sweep. */
  async #eraseOne(owner: string, sessionId: string): Promise<boolean> {
    if (await this.#remove(sessionId, { owner })) return true;
    const { store, onGone } = this.#shared;
    const expired = await store.loadExpired(sessionId);
    if (expired?.record.owner !== owner) return false;
    const { committed } = await store.remove(sessionId, expired);
    if (!committed) throw new StateroomError('CONFLICT', 'the session was replaced while it was erased');
    onGone(sessionId);
    return true;
  }

  #index(owner: string): SessionIndex {
    return new SessionIndex(this.#shared.storage, this.#shared.keySpace.owner(owner));
  }

  async #lookAtAll(owner: string, hint: Hint, ranges: ListRanges<ListName>): Promise<Look<ListName>> {
    const look = await this.#look(owner, hint, ranges);
    const expired = look.outcome === 'dead' ? await this.#shared.store.loadExpired(hint.sessionId) : null;
    return expired?.record.owner === owner ? { hint, outcome: 'alive', session: expired } : look;
  }

  async #look(owner: string, hint: Hint, ranges: ListRanges<ListName> = {}): Promise<Look<ListName>> {
    try {
      return { hint, outcome: 'alive', session: await this.#shared.store.load(hint.sessionId, { owner }, ranges) };
    } catch (error) {
      if (isStateroomError(error) && error.code === 'NOT_FOUND') return { hint, outcome: 'dead' };
      return { hint, outcome: 'unreadable', error: unreadable(error) };
    }
  }

  /** Drops what is dead or there twice, once it is the half of all. */
  async #tidy(index: SessionIndex, seen: IndexSnapshot, looks: readonly Look<ListName>[]): Promise<void> {
    const dead = new Set<string>();
    const announced = Map.groupBy(seen.hints, ({ sessionId }) => sessionId);
    for (const { outcome, hint } of looks) {
      const isOld = this.#shared.clock() - hint.at > announcedEarlyMs;
      // One that was announced twice may be made once more.
      const isAlone = announced.get(hint.sessionId)?.length === 1;
      if ((outcome === 'erased' && (isOld || isAlone)) || (outcome === 'dead' && isOld)) dead.add(hint.sessionId);
    }
    const left = newestFirst(seen).filter(({ sessionId }) => !dead.has(sessionId));
    if (left.length < seen.length && left.length * 2 <= seen.length) {
      await index.rewrite(seen, left.toReversed(), this.#shared.versions.next());
    }
  }
}

type Look<ListName extends string> = { readonly hint: Hint } & (
  | { readonly outcome: 'alive'; readonly session: StoredSession<ListName> }
  | { readonly outcome: 'dead' | 'erased' }
  | { readonly outcome: 'unreadable'; readonly error: unknown }
);

/** Of one session alone, as what its migration threw; a storage that fails is the failure of the whole call. */
function unreadable(error: unknown): unknown {
  if (isUnreadable(error) || error instanceof CallersError) return thrownBy(error);
  throw error;
}

function exported<ListName extends string>(
  sessionId: string,
  { record, lists }: StoredSession<ListName>,
): OwnerExport['sessions'][number] {
  const { agentId, createdAt, updatedAt, metadata, state } = record;
  const items = Object.entries<{ items: readonly unknown[] } | undefined>(lists).map(([name, list]) => [
    name,
    list?.items ?? [],
  ]);
  return { sessionId, agentId, createdAt, updatedAt, metadata, state, lists: Object.fromEntries(items) };
}

/** Where a page ended: by the id, or by the time where that hint has gone since. */
function cursorAt({ sessionId, at }: Hint): string {
  return JSON.stringify([at, sessionId]);
}

function after(hints: readonly Hint[], cursor: string | null): readonly Hint[] {
  if (cursor === null) return hints;
  const [at, sessionId] = parsedCursor(cursor);
  const index = hints.findIndex((hint) => hint.sessionId === sessionId && hint.at === at);
  // Of those of the same time some may come again, which is better than not at all.
  return index === -1 ? hints.filter((hint) => hint.at <= at) : hints.slice(index + 1);
}

function parsedCursor(cursor: string): readonly [number, string] {
  try {
    const parsed: unknown = JSON.parse(cursor);
    if (Array.isArray(parsed) && typeof parsed[0] === 'number' && typeof parsed[1] === 'string') {
      return [parsed[0], parsed[1]];
    }
  } catch {
    // It is refused below, like all that is no cursor.
  }
  throw new StateroomError('INVALID', 'cursor is none that listSessions gave', { path: 'cursor' });
}
