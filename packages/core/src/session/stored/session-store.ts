import { StateroomError } from '../../errors.ts';
import type { KeySpace, SessionKeys } from '../../storage/keys.ts';
import type { Change, Commit, ListRange, StorageProvider, Transaction } from '../../storage/provider.ts';
import type { Access } from '../guard.ts';
import {
  type Aside,
  type AsideOutcome,
  attachedTogether,
  nothingAside,
  type SessionAttachment,
  takingAlong,
  touchAttached,
} from './attachment.ts';
import type { Envelope } from './record.ts';
import { checksOf, deleteSession, newSession, rangesOf, replaceSession, touchSession } from './session-changes.ts';
import { readPlainly, readSurely, scanAll, tryCommit, unknownOutcome } from './storage-calls.ts';
import {
  assertAccessible,
  type ListLengths,
  type ListRanges,
  namedLists,
  type NextSession,
  type ScannedSession,
  type StoredSession,
  storedSession,
  type WriteOutcome,
} from './stored-session.ts';

/** What a refusal of a repeated commit means. */
type Judge<ListName extends string> = (found: StoredSession<ListName> | null) => 'mine' | 'refused' | 'unknown';

/** How often the same commit is sent when its reply is lost; it refuses itself if an earlier sending took effect. */
const sendings = 3;

/**
 * A session's keys as one thing: each method is one checked commit or one read, over the record, the guard and the
 * lists together. Knows nothing of what the state means. Throws StateroomError.
 *
 * The guard lives exactly as long as the session does. The record may be there for longer, in its time of grace: a
 * session whose guard is gone has expired.
 */
export class SessionStore<ListName extends string> {
  readonly #storage: StorageProvider;
  readonly #keySpace: KeySpace<ListName>;
  readonly #listNames: readonly ListName[];
  readonly #hasGrace: boolean;
  readonly #attachment: SessionAttachment | null;

  constructor(
    storage: StorageProvider,
    keySpace: KeySpace<ListName>,
    { listNames, hasGrace, attachments }: SessionStoreOptions<ListName>,
  ) {
    this.#storage = storage;
    this.#keySpace = keySpace;
    this.#listNames = listNames;
    this.#hasGrace = hasGrace;
    this.#attachment = attachedTogether(attachments);
  }

  /** NOT_FOUND when it is missing, expired or not for this access. */
  async load(sessionId: string, access: Access, ranges: ListRanges<ListName> = {}): Promise<StoredSession<ListName>> {
    const { session, isExpired } = await this.#find(this.#keySpace.session(sessionId), ranges);
    return assertAccessible(isExpired ? null : session, access);
  }

  /** Whatever is there, for the manager itself: also in its time of grace. A storage that is behind may show it as missing. */
  async peek(
    sessionId: string,
  ): Promise<{ readonly session: StoredSession<ListName> | null; readonly isExpired: boolean }> {
    return this.#find(this.#keySpace.session(sessionId), {}, { read: readPlainly });
  }

  /** One that has expired and is in its time of grace, with all of its lists; null for any other. */
  async loadExpired(sessionId: string): Promise<StoredSession<ListName> | null> {
    const { session, isExpired } = await this.#find(this.#keySpace.session(sessionId), this.allLists(), {
      withGuard: true,
    });
    return isExpired ? session : null;
  }

  allLists(): ListRanges<ListName> {
    const ranges: { [Name in ListName]?: Omit<ListRange, 'key'> } = {};
    for (const name of this.#listNames) ranges[name] = {};
    return ranges;
  }

  noItems(): ListLengths<ListName> {
    const lengths: { [Name in ListName]?: number } = {};
    for (const name of this.#listNames) lengths[name] = 0;
    return lengths;
  }

  /** The sessions whose records are stored, alive or in their time of grace, each once. */
  async *scan(): AsyncGenerator<ScannedSession> {
    for await (const { key, kind, ttlMs } of scanAll(this.#storage, this.#keySpace.prefix)) {
      const sessionId = kind === 'entry' ? this.#keySpace.sessionIdOf(key) : null;
      if (sessionId !== null) yield { sessionId, ttlMs };
    }
  }

  /** Makes the session, unless there is one: then that one is found. */
  async insert(
    sessionId: string,
    next: NextSession<ListName>,
    aside: Aside = nothingAside,
  ): Promise<AsideOutcome<ListName>> {
    const keys = this.#keySpace.session(sessionId);
    const commit = await tryCommit(this.#storage, {
      checks: [{ key: keys.record, version: null }, ...aside.checks],
      changes: [...(await newSession(keys, next)), ...(this.#attachment?.creation(keys) ?? []), ...aside.changes],
    });
    if (commit !== 'reply lost') return outcomeOf(commit, keys);
    // Sent again, it could make anew what somebody has deleted by now: absence is no version. So it only looks.
    const { entries } = await readSurely(this.#storage, { entries: [keys.record] }).catch((cause: unknown) => {
      throw unknownOutcome(cause);
    });
    const found = storedSession<ListName>(entries[0]);
    if (found === null) throw unknownOutcome();
    return found.record.incarnation === next.envelope.incarnation ? { committed: true } : { committed: false, found };
  }

  /** Puts a new session in place of one that was seen, of which nothing stays. */
  async supplant(
    sessionId: string,
    seen: StoredSession<ListName>,
    next: NextSession<ListName>,
  ): Promise<WriteOutcome<ListName>> {
    const keys = this.#keySpace.session(sessionId);
    const check = { key: keys.record, version: seen.version };
    const made = await newSession(keys, next, seen.record.lists);
    return this.#takingAlong(keys, ({ checks, changes }) =>
      this.#send(keys, { checks: [check, ...checks], changes: [...made, ...changes] }, (found) => {
        if (found?.record.incarnation === next.envelope.incarnation) return 'mine';
        return found?.record.incarnation === seen.record.incarnation ? 'refused' : 'unknown';
      }),
    );
  }

  /** Puts `next` in place of `seen`, whose version it checks, with all that it does to lists, in one commit. */
  async replace(
    sessionId: string,
    seen: StoredSession<ListName>,
    next: NextSession<ListName>,
  ): Promise<WriteOutcome<ListName>> {
    const keys = this.#keySpace.session(sessionId);
    return this.#replace(keys, seen, { next, aside: nothingAside });
  }

  /** As `replace`, and what is attached to the session goes. */
  async reset(
    sessionId: string,
    seen: StoredSession<ListName>,
    next: NextSession<ListName>,
  ): Promise<WriteOutcome<ListName>> {
    const keys = this.#keySpace.session(sessionId);
    return this.#takingAlong(keys, (aside) => this.#replace(keys, seen, { next, aside }));
  }

  /** Gives all keys of the session the life span of one that is active now, if it still is as it was seen. */
  async touch(sessionId: string, seen: StoredSession<ListName>, now: number): Promise<WriteOutcome<ListName>> {
    const keys = this.#keySpace.session(sessionId);
    const changes = this.touching(keys, seen.record, now);
    return this.#send(keys, { checks: await checksOf(keys, seen), changes }, () => 'refused');
  }

  /** Deletes all keys of the session, if it still is as it was seen. */
  async remove(sessionId: string, seen: StoredSession<ListName>): Promise<WriteOutcome<ListName>> {
    const keys = this.#keySpace.session(sessionId);
    const check = { key: keys.record, version: seen.version };
    const gone = deleteSession(keys, seen.record.lists);
    return this.#takingAlong(keys, ({ checks, changes }) =>
      this.#send(keys, { checks: [check, ...checks], changes: [...gone, ...changes] }, (found) =>
        found?.record.incarnation === seen.record.incarnation ? 'refused' : 'mine',
      ),
    );
  }

  /** Deletes all keys of the session though its record cannot be read, if it still is as it was found. */
  async removeUnreadable(sessionId: string): Promise<boolean> {
    const keys = this.#keySpace.session(sessionId);
    const [entry] = (await readSurely(this.#storage, { entries: [keys.record] })).entries;
    if (entry === undefined || entry === null) return false;
    const check = { key: keys.record, version: entry.version };
    const outcome = await this.#takingAlong(keys, async ({ checks, changes }) => {
      const transaction = { checks: [check, ...checks], changes: [...deleteSession(keys), ...changes] };
      const commit = await tryCommit(this.#storage, transaction);
      if (commit === 'reply lost') throw unknownOutcome();
      const isAsideRefused = commit.refused.every(({ key }) => key !== keys.record);
      return commit.committed ? { committed: true } : { committed: false, found: null, isAsideRefused };
    });
    if (!outcome.committed) throw new StateroomError('CONFLICT', 'somebody has written to the session meanwhile');
    return true;
  }

  /** The changes that put `next` in place of `seen`. */
  replacing(
    keys: SessionKeys<ListName>,
    seen: StoredSession<ListName>,
    next: NextSession<ListName>,
  ): readonly Change[] {
    const touchesLists = next.envelope.listsTouchedAt !== seen.record.listsTouchedAt;
    const touches = touchesLists ? touchAttached(this.#attachment, keys, next.envelope) : [];
    return [...replaceSession(keys, seen, next), ...touches];
  }

  /** The changes that keep the session alive, and all that belongs to it. */
  touching(keys: SessionKeys<ListName>, record: Envelope, now: number): readonly Change[] {
    return [...touchSession(keys, record, now), ...touchAttached(this.#attachment, keys, record)];
  }

  async #replace(
    keys: SessionKeys<ListName>,
    seen: StoredSession<ListName>,
    { next, aside }: { readonly next: NextSession<ListName>; readonly aside: Aside },
  ): Promise<AsideOutcome<ListName>> {
    const { envelope, version } = next;
    const checks = [...(await checksOf(keys, seen)), ...aside.checks];
    const changes = [...this.replacing(keys, seen, next), ...aside.changes];
    return this.#send(keys, { checks, changes }, (found) => {
      if (found?.record.incarnation !== envelope.incarnation) return 'refused';
      if (found.record.writes.includes(version)) return 'mine';
      return found.record.writes.includes(seen.version) ? 'refused' : 'unknown';
    });
  }

  async #takingAlong(
    keys: SessionKeys<ListName>,
    write: (aside: Aside) => Promise<AsideOutcome<ListName>>,
  ): Promise<WriteOutcome<ListName>> {
    return takingAlong(this.#attachment, { storage: this.#storage, keys }, write);
  }

  async #find(
    keys: SessionKeys<ListName>,
    ranges: ListRanges<ListName>,
    { withGuard = this.#hasGrace, read = readSurely }: FindOptions = {},
  ): Promise<{ readonly session: StoredSession<ListName> | null; readonly isExpired: boolean }> {
    const asked = rangesOf(keys, ranges);
    const entries = withGuard ? [keys.record, keys.guard] : [keys.record];
    const snapshot = await read(this.#storage, { entries, lists: asked.map(({ range }) => range) });
    const found = storedSession<ListName>(snapshot.entries[0]);
    if (found === null) return { session: null, isExpired: false };
    const hasGrace = found.record.ttl.graceMs > 0;
    if (hasGrace && !withGuard) return this.#find(keys, ranges, { withGuard: true, read });
    const names = asked.map(({ name }) => name);
    const session = { ...found, lists: namedLists(names, snapshot, found.record.lists) };
    return { session, isExpired: hasGrace && snapshot.entries[1] === null };
  }

  /**
   * Sends a commit, and the same one again when its reply is lost. A refusal of the repeat may come from its own first
   * sending; `judge` tells from what is there now whether the write is mine, somebody else's, or past telling.
   */
  async #send(
    keys: SessionKeys<ListName>,
    transaction: Transaction,
    judge: Judge<ListName>,
  ): Promise<AsideOutcome<ListName>> {
    let commit = await tryCommit(this.#storage, transaction);
    if (commit !== 'reply lost') return outcomeOf(commit, keys);
    for (let repeats = 1; commit === 'reply lost' && repeats < sendings; repeats++) {
      commit = await tryCommit(this.#storage, transaction).catch((cause: unknown) => {
        throw unknownOutcome(cause);
      });
    }
    if (commit === 'reply lost') throw unknownOutcome();
    const outcome = outcomeOf<ListName>(commit, keys);
    // As long as the session itself is as it was seen, no sending of this write has taken effect.
    if (outcome.committed || outcome.isAsideRefused === true) return outcome;
    const verdict = judge(outcome.found);
    if (verdict === 'unknown') throw unknownOutcome();
    return verdict === 'mine' ? { committed: true } : outcome;
  }
}

type SessionStoreOptions<ListName extends string> = {
  readonly listNames: readonly ListName[];
  readonly hasGrace: boolean;
  readonly attachments: readonly SessionAttachment[];
};

type FindOptions = { readonly withGuard?: boolean; readonly read?: typeof readSurely };

/** Of a commit that was answered. What refused it is the entry of the record, or that there is no guard any more. */
function outcomeOf<ListName extends string>(
  { committed, refused }: Commit,
  keys: SessionKeys<ListName>,
): AsideOutcome<ListName> {
  if (committed) return { committed };
  const entryOf = (key: string) => {
    const refusal = refused.find((each) => each.key === key);
    return refusal !== undefined && 'entry' in refusal ? refusal.entry : undefined;
  };
  const isExpired = entryOf(keys.guard) === null;
  const isAsideRefused = refused.every(({ key }) => key !== keys.record && key !== keys.guard);
  return { committed, found: isExpired ? null : storedSession(entryOf(keys.record)), isAsideRefused };
}
