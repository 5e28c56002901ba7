import { type Change, type Check, type SessionWriting, StateroomError, type Transaction } from '@stateroom/core';
import { LeasedCalls } from '../leased-calls.ts';
import { Lease } from '../turn/lease.ts';
import type { PipelineContext } from './pipeline-context.ts';
import type { PipelineKeys } from './pipeline-parts.ts';
import {
  assertSameSession,
  pipelineReads,
  type PipelineTarget,
  seenPipeline,
  type SeenPipeline,
  setPipelines,
} from './seen-pipeline.ts';
import { type StoredPipeline, withPipeline } from './stored.ts';

/** What is to be stored of a run. */
export type StoredPart<T> = {
  readonly next: (pipeline: StoredPipeline) => StoredPipeline;
  /** Of the state; asked again when somebody else has changed that meanwhile. */
  readonly change: ((state: T) => T) | null;
  /** Whether the lease is given back with it. */
  readonly ends: boolean;
};

/** The right to run a pipeline as it was taken: under this version, by a commit that was sent then. */
export type PipelineClaim<T> = {
  readonly seen: SeenPipeline<T>;
  readonly version: string;
  readonly sentAt: number;
};

/**
 * The holder of a pipeline's lease, who alone may write what its run does. Renews the lease until it is stopped, and
 * keeps the session alive. Each commit checks the lease, and one follows the other; they throw LEASE_LOST when the lease
 * is somebody else's by now, NOT_FOUND when the session is gone, and what the storage said when the lease ran out
 * without an answer. `signal` aborts with that error.
 */
export class PipelineHolder<T> {
  readonly #context: PipelineContext<T>;
  readonly #target: PipelineTarget;
  readonly #keys: PipelineKeys;
  readonly #lease: Lease;
  readonly #calls: LeasedCalls;
  readonly #abort = new AbortController();
  #seen: SeenPipeline<T>;
  #touchedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isStopped = false;
  #lane: Promise<unknown> = Promise.resolve();

  constructor(context: PipelineContext<T>, target: PipelineTarget, { seen, version, sentAt }: PipelineClaim<T>) {
    this.#context = context;
    this.#target = target;
    this.#keys = context.keysOf(target.sessionId);
    this.#lease = new Lease(version, context.leaseMs, sentAt);
    this.#calls = new LeasedCalls(this.#lease, 'pipeline');
    this.#seen = seen;
    this.#schedule();
  }

  /** As it is stored, as far as is known here. */
  get seen(): SeenPipeline<T> {
    return this.#seen;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Throws why, when nothing may be done in the name of the run any more, also before anybody tells it. */
  assertHeld(): void {
    if (this.#lease.isOverdue) this.#abort.abort(this.#calls.trouble ?? leaseLost());
    this.signal.throwIfAborted();
  }

  /** Renews the lease no more, nor keeps the process busy. */
  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async store(part: StoredPart<T>): Promise<void> {
    return this.#inTurn(async () => {
      for (;;) {
        this.assertHeld();
        const version = this.#context.parts.mint();
        const sentAt = performance.now();
        const { isMine, seen } = await this.#send(await this.#storing(part, version), (found) =>
          found.pipeline.writes.includes(version),
        );
        if (!isMine) this.#assertUnchanged(seen);
        this.#seen = seen;
        if (!isMine) continue;
        this.#lease.renewed(version, sentAt);
        if (part.ends) this.stop();
        return;
      }
    });
  }

  async #renew(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isStopped || (!this.#lease.isToBeRenewed && !this.#isTouchDue)) return;
      this.assertHeld();
      const version = this.#context.parts.mint();
      const sentAt = performance.now();
      const changes = [this.#setLease(version), ...this.#touches()];
      const { isMine, seen } = await this.#send({ checks: this.#checks(), changes }, ({ lease }) => {
        return lease?.version === version;
      });
      if (!isMine) throw leaseLost();
      this.#seen = seen;
      this.#lease.renewed(version, sentAt);
    });
  }

  async #storing({ next, change, ends }: StoredPart<T>, version: string): Promise<Transaction> {
    const { session, stored, pipeline, version: seenVersion } = this.#seen;
    const writing = change === null ? null : await this.#writing(change);
    const lease = ends
      ? ({ type: 'delete', key: this.#keys.lease(this.#target.name) } as const)
      : this.#setLease(version);
    const stands = (writing?.checks ?? []).filter(({ key }) => key !== this.#keys.guard);
    return {
      checks: [...this.#checks(), { key: this.#keys.runs, version: seenVersion }, ...stands],
      changes: [
        lease,
        setPipelines(this.#context, session, { next: withPipeline(stored, next(pipeline), version), version }),
        ...(writing?.changes ?? this.#touches()),
      ],
    };
  }

  /** As an update by anybody else, it goes into the state before a draft, too. */
  async #writing(change: (state: T) => T): Promise<SessionWriting<T, string>> {
    const { session } = this.#seen;
    const draft = session.draft && { before: change(session.draft.before), note: session.draft.note };
    return this.#context.parts.write(session, { state: change(session.state), draft });
  }

  async #send(
    transaction: Transaction,
    hasHappened: (seen: SeenPipeline<T>) => boolean,
  ): Promise<{ readonly isMine: boolean; readonly seen: SeenPipeline<T> }> {
    const reads = pipelineReads(this.#keys, this.#target.name);
    const commit = () => this.#context.parts.commit({ ...transaction, reads });
    const { committed, snapshot } = await this.#calls.insist(commit);
    const seen = await seenPipeline(this.#context, this.#target, snapshot);
    assertSameSession(this.#seen, seen);
    return { isMine: committed || hasHappened(seen), seen };
  }

  /** Throws unless the lease stands, and it was only the state, or another pipeline, that refused a commit. */
  #assertUnchanged(found: SeenPipeline<T>): void {
    if (found.lease?.version === this.#lease.version) return;
    const { writes } = found.pipeline;
    const [before = ''] = this.#seen.pipeline.writes;
    if (writes.length === 0 || writes.includes(before)) throw leaseLost();
    const message = 'others have run the pipeline since, and it cannot be told whether the last result was stored';
    throw new StateroomError('UNKNOWN_OUTCOME', message);
  }

  #checks(): readonly Check[] {
    return [
      { key: this.#keys.lease(this.#target.name), version: this.#lease.version },
      { key: this.#keys.guard, version: this.#seen.guard },
    ];
  }

  #setLease(version: string): Change {
    const key = this.#keys.lease(this.#target.name);
    return { type: 'set', key, value: this.#seen.session.incarnation, version, ttlMs: this.#lease.ms };
  }

  get #isTouchDue(): boolean {
    const everyMs = this.#context.parts.touchEveryMs(this.#seen.session);
    return everyMs !== null && performance.now() - this.#touchedAt >= everyMs;
  }

  /** A session in which a pipeline runs is in use. */
  #touches(): readonly Change[] {
    if (!this.#isTouchDue) return [];
    this.#touchedAt = performance.now();
    return this.#context.parts.touch(this.#seen.session);
  }

  /** In time to renew the lease, and to keep the session alive, however short their lives are. */
  #schedule(): void {
    const touchEveryMs = this.#context.parts.touchEveryMs(this.#seen.session) ?? Infinity;
    const ms = Math.max(20, Math.min(this.#lease.ms / 4, touchEveryMs));
    this.#timer = setTimeout(() => void this.#beat(), ms);
  }

  async #beat(): Promise<void> {
    try {
      await this.#renew();
    } catch (error) {
      this.#abort.abort(error);
    }
    if (!this.#isStopped && !this.signal.aborted) this.#schedule();
  }

  async #inTurn<R>(task: () => Promise<R>): Promise<R> {
    const result = this.#lane.then(task, task);
    this.#lane = result.catch(() => {});
    return result;
  }
}

function leaseLost(): StateroomError {
  return new StateroomError('LEASE_LOST', 'the run has lost its lease; what it did since was not stored');
}
