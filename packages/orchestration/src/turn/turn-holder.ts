import { type Change, isStateroomError, type StorageEntry } from '@stateroom/core';
import type { Claim } from './claim.ts';
import { appendStream, type EndedTurn, endTurn, setMark, setRun } from './changes.ts';
import { Lease } from './lease.ts';
import { LeaseCommits, type Sent, whyLost } from './lease-commits.ts';
import { Mailbox, type SteeringMessage } from './mailbox.ts';
import { lengthsIn } from './session-view.ts';
import type { Run, TurnRecord, TurnReport, TurnStatus } from './stored.ts';
import type { TurnContext, TurnSession } from './turn-context.ts';
import type { TurnKeys } from './turn-parts.ts';

/** What is to be stored of a turn: all that came since it was stored last. */
export type TurnPart<T> = {
  /** The state, made of the one that is stored; asked again when somebody else has changed that meanwhile. */
  readonly change: (state: T) => T;
  readonly items: readonly unknown[];
  readonly chunks: readonly unknown[];
  readonly report: TurnReport;
};

/**
 * The holder of a lease, who alone may write what its turn does. Each method is one commit that checks the lease, and
 * one follows the other. Throws LEASE_LOST when the lease is somebody else's by now, NOT_FOUND when the session is gone,
 * and what the storage said when the lease ran out without an answer.
 */
export class TurnHolder<T> {
  readonly lease: Lease;
  readonly mailbox = new Mailbox();
  readonly #context: TurnContext<T>;
  readonly #keys: TurnKeys;
  readonly #commits: LeaseCommits<T>;
  #session: TurnSession<T>;
  #run: Run;
  #lengths: { readonly messages: number; readonly turns: number };
  #touchedAt = -Infinity;
  #lane: Promise<unknown> = Promise.resolve();

  constructor(context: TurnContext<T>, { session, view, run, leaseVersion, leasedAt }: Claim<T>) {
    this.#context = context;
    this.#keys = context.keysOf(session.sessionId);
    this.lease = new Lease(leaseVersion, context.limits.leaseMs, leasedAt);
    this.#commits = new LeaseCommits(context, { sessionId: session.sessionId, turnId: run.turnId }, this);
    this.#session = session;
    this.#run = run;
    this.#lengths = lengthsIn(context, session, view);
    this.mailbox.read(view.letters);
  }

  /** As it is stored, as far as is known here. */
  get session(): TurnSession<T> {
    return this.#session;
  }

  get run(): Run {
    return this.#run;
  }

  /** Why the lease could not be renewed; null where nobody knows. */
  get trouble(): unknown {
    return this.#commits.trouble;
  }

  /** Whether it is time to renew the lease, or the life of the session. */
  get isToBeRenewed(): boolean {
    return this.lease.isToBeRenewed || this.#isTouchDue;
  }

  /** Stores what was said. */
  async flush(chunks: readonly unknown[]): Promise<void> {
    return this.#inTurn(async () => {
      const changes = [...this.#said(chunks), ...this.#touches()];
      const sent = await this.#commits.renew({ checks: [], changes });
      if (!sent.isMine || !sent.isThere) throw whyLost(sent);
    });
  }

  /** Looks for letters, and whether the lease stands; writes nothing. */
  async look(): Promise<void> {
    return this.#inTurn(async () => {
      const sent = await this.#commits.look();
      if (!sent.isMine || !sent.isThere) throw whyLost(sent);
    });
  }

  /** Stores what the turn has done, and takes along the messages that came for it, which follow in the transcript. */
  async step(part: TurnPart<T>): Promise<readonly SteeringMessage[]> {
    return this.#inTurn(async () => {
      for (;;) {
        const taken = this.mailbox.messages;
        const sent = await this.#sendStep(part, taken);
        if (sent.isMine) return taken;
        await this.#learn(sent, taken);
      }
    });
  }

  /** The last commit of the turn; its record tells how it ended. */
  async end(part: TurnPart<T>, status: TurnStatus): Promise<TurnRecord> {
    return this.#inTurn(async () => {
      for (;;) {
        const { writing, changes, record } = await this.#ending(part, status);
        const stored = { checks: writing.checks, changes: [...this.#said(part.chunks), ...changes] };
        const sent = await this.#commits.release(stored);
        if (!sent.isMine) {
          await this.#learn(sent, []);
          continue;
        }
        this.#session = writing.next;
        return record;
      }
    });
  }

  async #sendStep({ change, items, chunks, report }: TurnPart<T>, taken: readonly SteeringMessage[]): Promise<Sent> {
    const [session, { turnId, base }] = [this.#session, this.#run];
    const added = [...this.#run.input, ...items, ...taken.flatMap(({ input }) => input)];
    const writing = await this.#context.parts.write(session, {
      state: change(session.state),
      draft: { before: session.draft?.before ?? session.state, note: turnId },
      append: { messages: added },
    });
    const ids = taken.map(({ messageId }) => messageId);
    const run = {
      ...this.#run,
      input: [],
      base: base ?? this.#lengths.messages,
      report,
      taken: [...this.#run.taken, ...ids],
    };
    const marks = ids.map((messageId) => this.#keys.mark(messageId));
    const sent = await this.#commits.renew({
      checks: [...writing.checks, ...marks.map((key) => ({ key, version: null }))],
      changes: [
        ...writing.changes,
        setRun(this.#keys, run, this.#context.parts.mint()),
        ...ids.map((messageId) =>
          setMark(this.#context, session, { messageId, turnId, status: 'steered', isInputStored: true }),
        ),
        ...this.#said(chunks),
      ],
      reads: { entries: marks },
    });
    if (!sent.isMine) return sent;
    this.#run = run;
    this.#lengths = { ...this.#lengths, messages: this.#lengths.messages + added.length };
    for (const messageId of ids) this.mailbox.settle(messageId);
    const isNewest = sent.record?.version === writing.version;
    this.#session = isNewest ? writing.next : await this.#opened(sent.record);
    return sent;
  }

  /** A state that cannot be stored costs the turn its changes, and nothing of what was said in it. */
  async #ending({ change, items, report }: TurnPart<T>, wanted: TurnStatus): Promise<EndedTurn<T>> {
    const session = this.#session;
    const run = { ...this.#run, report };
    const end = (status: TurnStatus, state: T) =>
      endTurn(this.#context, session, { run, status, state, items, lengths: this.#lengths });
    const before = session.draft?.before ?? session.state;
    const isDropped = wanted === 'rolled_back';
    const kept = isDropped ? before : session.state;
    const changed = this.#changed(change, session.state);
    if (changed === null) return end(isDropped ? wanted : 'failed', kept);
    try {
      return await end(wanted, isDropped ? this.#context.restored(before, changed.state) : changed.state);
    } catch (error) {
      const { code, path } = isStateroomError(error) ? error : { code: 'THROWN', path: 'state' };
      if (path?.startsWith('state') !== true) throw error;
      this.#context.logger.error({ code, path }, 'the state of a turn could not be stored');
      return end(isDropped ? wanted : 'failed', this.#context.restored(kept, changed.state));
    }
  }

  /** Null where a change throws, on a state that others have changed meanwhile: whatever it throws, it is no fault of the storage. */
  #changed(change: (state: T) => T, state: T): { readonly state: T } | null {
    try {
      return { state: change(state) };
    } catch (error) {
      const code = isStateroomError(error) ? error.code : 'THROWN';
      this.#context.logger.error({ code }, 'what a turn changes could not be done to the state');
      return null;
    }
  }

  #said(chunks: readonly unknown[]): Change[] {
    if (chunks.length === 0) return [];
    const stream = { item: { chunks: [...chunks] }, ttlMs: this.#context.limits.streamTtlMs };
    return [appendStream(this.#keys, this.#run.turnId, stream)];
  }

  get #isTouchDue(): boolean {
    const everyMs = this.#context.parts.touchEveryMs(this.#session);
    return everyMs !== null && performance.now() - this.#touchedAt >= everyMs;
  }

  /** A session in which a turn runs is in use. */
  #touches(): readonly Change[] {
    if (!this.#isTouchDue) return [];
    const { parts } = this.#context;
    this.#touchedAt = performance.now();
    const ttlMs = parts.partTtlMs(this.#session);
    return [...parts.touch(this.#session), { type: 'touch', key: this.#keys.run, ttlMs }];
  }

  /** What to do it again on, after a refusal. Throws when there is no doing it again. */
  async #learn(sent: Sent, tried: readonly SteeringMessage[]): Promise<void> {
    if (!sent.isThere || sent.lease !== this.lease.version) throw whyLost(sent);
    tried.forEach(({ messageId }, index) => {
      if (sent.entries[index] !== null) this.mailbox.settle(messageId);
    });
    this.#session = await this.#opened(sent.record);
  }

  async #opened(record: StorageEntry | null): Promise<TurnSession<T>> {
    return this.#context.parts.open(this.#session.sessionId, record);
  }

  async #inTurn<R>(task: () => Promise<R>): Promise<R> {
    const result = this.#lane.then(task, task);
    this.#lane = result.catch(() => {});
    return result;
  }
}
