import type {
  Change,
  Check,
  Commit,
  ListWindow,
  Reads,
  Snapshot,
  StorageEntry,
  Transaction,
} from '../storage/provider.ts';
import type { IndexKeys } from '../storage/keys.ts';
import { deepFreeze } from './freeze.ts';
import { infoOf } from './found-session.ts';
import { type Access, GuardVersions } from './guard.ts';
import type { SessionInfo, SessionList } from './result.ts';
import type { Shared } from './shared.ts';
import type { PartKeys, SessionAttachment } from './stored/attachment.ts';
import { type Draft, envelopeOf, writtenEnvelope } from './stored/record.ts';
import { checksOf, listsAfter } from './stored/session-changes.ts';
import type { StateCodec } from './stored/state-codec.ts';
import { readSurely, tryCommit, unknownOutcome } from './stored/storage-calls.ts';
import {
  assertAccessible,
  type ListItems,
  type ListLengths,
  namedLists,
  type StoredSession,
  storedAs,
  storedSession,
} from './stored/stored-session.ts';
import { listTtlMs } from './ttl.ts';

/** A session as a commit or a read brought it back, for those who commit with it. */
export type OpenSession<T, ListName extends string> = {
  readonly sessionId: string;
  /** Frozen. */
  readonly state: T;
  /** The state it goes back to, and what was noted, while a draft is open. */
  readonly draft: { readonly before: T; readonly note: Draft['note'] } | null;
  /** Another one each time a session of this id is made. */
  readonly incarnation: string;
  readonly seen: StoredSession<ListName>;
};

/** What is to become of a session. */
export type SessionNext<T, ListName extends string> = {
  readonly state: T;
  /** Null ends a draft, and `state` stands. */
  readonly draft: { readonly before: T; readonly note: Draft['note'] } | null;
  readonly truncate?: ListLengths<ListName>;
  readonly append?: ListItems<ListName>;
};

/** The part of a commit that writes a session, and the session as it will be if it is committed. */
export type SessionWriting<T, ListName extends string> = {
  readonly checks: readonly Check[];
  /** The first of them sets the record. */
  readonly changes: readonly Change[];
  readonly version: string;
  readonly next: OpenSession<T, ListName>;
};

/** Of a commit that was sent again because its reply was lost, a refusal may be its own doing. */
export type SentCommit = Commit & { readonly wasResent: boolean };

/** How often the same commit is sent when its reply is lost. */
const sendings = 3;

/**
 * The seam for packages that keep more beside a session and commit over all of it at once: the keys, the checks and the
 * changes of a session, to be put together with their own. What the record holds, and how long it lives, stays here.
 */
export class SessionParts<T, ListName extends string> {
  /** What the manager was made with. */
  readonly made: { readonly lists: readonly string[]; readonly attachments: readonly SessionAttachment[] };
  readonly #shared: Shared<T, ListName, unknown>;
  readonly #codec: StateCodec<T>;
  readonly #guards = new GuardVersions();

  constructor(
    shared: Shared<T, ListName, unknown>,
    { codec, ...made }: SessionParts<T, ListName>['made'] & { readonly codec: StateCodec<T> },
  ) {
    this.made = made;
    this.#shared = shared;
    this.#codec = codec;
  }

  keys(sessionId: string): PartKeys {
    return this.#shared.keySpace.session(sessionId);
  }

  /** The keys of what an owner has spent with an agent, beside all sessions: a digest of both names them. */
  async ledgerKeys(access: Required<Access>): Promise<IndexKeys> {
    return this.#shared.keySpace.ledger(await this.guardVersion(access));
  }

  /** A version that was never used. */
  mint(): string {
    return this.#shared.versions.next();
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#shared.clock();
  }

  /** The version that the guard has if the session is there, and is this owner's and this agent's. */
  async guardVersion({ owner, agentId }: Access): Promise<string> {
    return this.#guards.of(owner ?? null, agentId ?? null);
  }

  /** What is there, and surely not there what it says is not. */
  async read(reads: Reads): Promise<Snapshot> {
    return readSurely(this.#shared.storage, reads);
  }

  /** Sends a commit, and the same again when its reply is lost; UNKNOWN_OUTCOME when no reply came at all. */
  async commit(transaction: Transaction): Promise<SentCommit> {
    for (let sending = 1; sending <= sendings; sending++) {
      const commit = await tryCommit(this.#shared.storage, transaction).catch((error: unknown) => {
        throw sending === 1 ? error : unknownOutcome(error);
      });
      if (commit !== 'reply lost') return { ...commit, wasResent: sending > 1 };
    }
    throw unknownOutcome();
  }

  /** What the entry of a record holds. NOT_FOUND when there is none, or it is not for this access. */
  async open(
    sessionId: string,
    entry: StorageEntry | null | undefined,
    access: Access = {},
  ): Promise<OpenSession<T, ListName>> {
    return this.#opened(sessionId, assertAccessible(storedSession<ListName>(entry), access));
  }

  /** A state as it was stored once, beside the session. INVALID_STATE or NEWER_VERSION, as a read has it. */
  async stateOf(stored: { readonly state: unknown; readonly stateVersion: number }): Promise<T> {
    return deepFreeze(await this.#codec.decode(stored));
  }

  /** A list of the session from a window that was read together with it: nothing where it has not begun the list. */
  list({ seen }: OpenSession<T, ListName>, name: ListName, window: ListWindow | undefined): SessionList {
    const empty = { items: [], length: 0 };
    return namedLists([name], { entries: [], lists: [window ?? empty] }, seen.record.lists)[name] ?? empty;
  }

  /** Puts `next` in place of what was seen. INVALID_STATE or LIMIT, as an update has it, when it cannot be stored. */
  async write(
    { sessionId, seen }: OpenSession<T, ListName>,
    { state, draft, truncate = {}, append = {} }: SessionNext<T, ListName>,
  ): Promise<SessionWriting<T, ListName>> {
    const keys = this.#shared.keySpace.session(sessionId);
    const { text: stateText, stateVersion } = await this.#codec.encode(state);
    const before = draft === null ? '' : (await this.#codec.encode(draft.before)).text;
    const cuts = Object.keys(truncate).length > 0;
    const version = this.mint();
    const envelope = writtenEnvelope(envelopeOf(seen.record), version, {
      now: this.now(),
      stateVersion,
      epoch: seen.record.epoch + (cuts ? 1 : 0),
      lists: listsAfter(seen.record.lists, append),
      draft: draft === null ? undefined : { before: JSON.parse(before), note: draft.note },
    });
    const written = { envelope, stateText, version, truncate, append };
    // What could not be read again is not written.
    const next = await this.#opened(sessionId, storedAs(written));
    return {
      checks: await checksOf(keys, seen),
      changes: this.#shared.store.replacing(keys, seen, written),
      version,
      next,
    };
  }

  /** Whether a write of this version is among the last that made the session what it is. */
  holds({ seen }: OpenSession<T, ListName>, version: string): boolean {
    return seen.record.writes.includes(version);
  }

  /** What is known of it besides its state. */
  info({ sessionId, seen }: OpenSession<T, ListName>): SessionInfo {
    return infoOf(sessionId, seen.record);
  }

  /** Keeps a session alive that is in use, with its lists and what is attached to it. */
  touch({ sessionId, seen }: OpenSession<T, ListName>): readonly Change[] {
    return this.#shared.store.touching(this.#shared.keySpace.session(sessionId), seen.record, this.now());
  }

  /** How often that is worth a change; null: never. */
  touchEveryMs({ seen: { record } }: OpenSession<T, ListName>): number | null {
    return record.ttl.idleMs === null ? null : record.ttl.idleMs / 10;
  }

  /** When the session ends however active it is, in epoch milliseconds; null: never. */
  endsAt({ seen: { record } }: OpenSession<T, ListName>): number | null {
    return record.ttl.absoluteMs === null ? null : record.createdAt + record.ttl.absoluteMs;
  }

  /** The life span for what is kept beside the session, as its lists have it. */
  partTtlMs({ seen: { record } }: OpenSession<T, ListName>): number | null {
    return listTtlMs(record.ttl);
  }

  async #opened(sessionId: string, seen: StoredSession<ListName>): Promise<OpenSession<T, ListName>> {
    const { incarnation, stateVersion, state: stored, draft: kept } = seen.record;
    const decoded = async (state: unknown) => deepFreeze(await this.#codec.decode({ state, stateVersion }));
    const draft = kept === undefined ? null : { before: await decoded(kept.before), note: kept.note };
    return { sessionId, state: await decoded(stored), draft, incarnation, seen };
  }
}
