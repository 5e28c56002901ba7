import { type Snapshot, StateroomError, type StorageEntry, type Transaction } from '@stateroom/core';
import { LeasedCalls } from '../leased-calls.ts';
import { setLease } from './changes.ts';
import type { Lease } from './lease.ts';
import type { Mailbox } from './mailbox.ts';
import { lettersIn } from './session-view.ts';
import type { TurnContext } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';
import type { TurnKeys } from './turn-parts.ts';

/** What came of a commit, and what is there now. */
export type Sent = {
  readonly isMine: boolean;
  readonly lease: string | null;
  readonly record: StorageEntry | null;
  /** Whether the session is there at all. */
  readonly isThere: boolean;
  /** Of the entries that were asked for beside these. */
  readonly entries: Snapshot['entries'];
};

/**
 * Commits in the name of a running turn: each checks its lease, and brings its letters. One that is not answered is
 * sent again as long as the lease lasts, for it refuses itself once it has happened; then what the storage said is
 * thrown.
 */
export class LeaseCommits<T> {
  readonly #context: TurnContext<T>;
  readonly #keys: TurnKeys;
  readonly #turnId: string;
  readonly #lease: Lease;
  readonly #mailbox: Mailbox;
  readonly #calls: LeasedCalls;

  constructor(
    context: TurnContext<T>,
    turn: { readonly sessionId: string; readonly turnId: string },
    { lease, mailbox }: { readonly lease: Lease; readonly mailbox: Mailbox },
  ) {
    this.#context = context;
    this.#keys = context.keysOf(turn.sessionId);
    this.#turnId = turn.turnId;
    this.#lease = lease;
    this.#mailbox = mailbox;
    this.#calls = new LeasedCalls(lease, 'turn');
  }

  /** What is wrong while a commit goes unanswered; null else. */
  get trouble(): unknown {
    return this.#calls.trouble;
  }

  /** Renews the lease along with the changes. */
  async renew({ checks, changes, reads }: Transaction): Promise<Sent> {
    const version = this.#context.parts.mint();
    const sentAt = performance.now();
    const renewal = setLease(this.#keys, this.#turnId, { version, leaseMs: this.#lease.ms });
    const transaction = { checks, changes: [renewal, ...changes], ...(reads && { reads }) };
    const sent = await this.#send(transaction, ([lease]) => lease?.version === version);
    if (sent.isMine) this.#lease.renewed(version, sentAt);
    return sent;
  }

  /**
   * Gives the lease back along with the changes that end the turn. The mark among them is the receipt, by its version:
   * another turn may have ended under this one's id, in a session that was made anew, or closed it.
   */
  async release({ checks, changes }: Transaction): Promise<Sent> {
    const { lease, run } = this.#keys;
    const mark = this.#keys.mark(messageIdOf(this.#turnId));
    const receipt = changes.find((change) => change.type === 'set' && change.key === mark);
    const release = [lease, run].map((key) => ({ type: 'delete', key }) as const);
    return this.#send({ checks, changes: [...changes, ...release] }, ([, , , entry]) => {
      return receipt?.type === 'set' && entry?.version === receipt.version;
    });
  }

  /** Looks whether the lease stands, and for letters. */
  async look(): Promise<Sent> {
    const snapshot = await this.#calls.answered(() => this.#context.parts.read(this.#reads()));
    return this.#seen(snapshot, () => snapshot.entries[0]?.version === this.#lease.version);
  }

  async #send(
    { checks, changes, reads }: Transaction,
    hasHappened: (entries: Snapshot['entries']) => boolean,
  ): Promise<Sent> {
    const transaction = {
      checks: [{ key: this.#keys.lease, version: this.#lease.version }, ...checks],
      changes,
      reads: this.#reads(reads?.entries),
    };
    const { committed, snapshot } = await this.#calls.insist(() => this.#context.parts.commit(transaction));
    return this.#seen(snapshot, (entries) => committed || hasHappened(entries));
  }

  #reads(entries: readonly string[] = []) {
    const { lease, record, guard } = this.#keys;
    const mark = this.#keys.mark(messageIdOf(this.#turnId));
    return {
      entries: [lease, record, guard, mark, ...entries],
      lists: [{ key: this.#keys.mail(this.#turnId) }],
    };
  }

  #seen({ entries, lists }: Snapshot, isMine: (entries: Snapshot['entries']) => boolean): Sent {
    this.#mailbox.read(lettersIn(lists[0]));
    const [lease, record, guard, , ...others] = entries;
    return {
      isMine: isMine(entries),
      lease: lease?.version ?? null,
      record: record ?? null,
      isThere: guard !== null && record !== null,
      entries: others,
    };
  }
}

/** Why a turn has no right to write any more. */
export function whyLost({ isThere }: Pick<Sent, 'isThere'>): StateroomError {
  return isThere
    ? new StateroomError('LEASE_LOST', 'the turn has lost its lease; what it did since was not stored')
    : new StateroomError('NOT_FOUND', 'the session of the turn is gone');
}
