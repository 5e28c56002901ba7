import { isStateroomError, type SessionList, StateroomError } from '@stateroom/core';
import type { Claim } from './claim.ts';
import { ChunkBuffer, flushEveryMs } from './chunk-buffer.ts';
import type { SteeringMessage, TurnRequest } from './mailbox.ts';
import type { TurnRecord, TurnReport } from './stored.ts';
import type { TurnContext } from './turn-context.ts';
import { TurnHolder, type TurnPart } from './turn-holder.ts';

/** Why a turn was asked to end, as the reason of its signal. */
export class TurnStopped extends Error {
  override readonly name = 'TurnStopped';
  readonly request: TurnRequest;

  constructor(request: TurnRequest) {
    super(`the turn is to end as ${request}`);
    this.request = request;
  }
}

/** What has come of a turn since it was stored last. */
export type TurnProgressReport = {
  /** Items for the list `messages`, behind those of before. */
  readonly messages?: readonly unknown[];
  /** Of the whole turn so far. */
  readonly report?: TurnReport;
};

export type TurnEnding<T> = TurnProgressReport & {
  readonly status?: 'completed' | 'waiting' | 'failed';
  /** What the questions of a turn that waits make of the state; nothing where it was asked to end otherwise. */
  readonly asking?: (state: T) => T;
  /** Said with the end, if it is the end. */
  readonly lastChunks?: readonly unknown[];
};

/** A turn that came to its end, or one that goes on, since messages came for it. */
export type TurnOutcome =
  | { readonly status: 'ended'; readonly record: TurnRecord }
  | { readonly status: 'steered'; readonly messages: readonly SteeringMessage[] };

/** Letters are looked for so often, whatever else the turn does. */
const lookEveryMs = 1000;

/**
 * One running turn, held by this process. It keeps its lease by itself, stores what is written to it, and hears from
 * anywhere that it is to end: then `signal` aborts, with TurnStopped as the reason, and `end` stores what there is. If
 * the reason is a StateroomError (LEASE_LOST, NOT_FOUND, STORAGE), nothing of it is stored any more. Whoever has begun it
 * ends it, or abandons it, as `await using` does: until then it keeps its session for itself.
 */
export class Turn<T> implements AsyncDisposable {
  readonly id: string;
  readonly sessionId: string;
  /** The transcript before the turn: what was asked for of the list `messages`. Of its own message it tells nothing. */
  readonly history: SessionList;
  /** The items of the turn's own message, unless an earlier attempt has left them in the history. */
  readonly input: readonly unknown[];
  readonly #context: TurnContext<T>;
  readonly #holder: TurnHolder<T>;
  readonly #abort = new AbortController();
  readonly #buffer = new ChunkBuffer();
  readonly #startedAt = performance.now();
  readonly #onOver: () => void;
  #changes: ((state: T) => T)[] = [];
  #state: T;
  #flushedAt = performance.now();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #dueAt = Infinity;
  #askedAt = Infinity;
  /** Why nothing may be stored any more. */
  #loss: { readonly error: unknown } | null = null;

  constructor(context: TurnContext<T>, claim: Claim<T>, onOver: () => void) {
    const { session, run, view } = claim;
    this.#context = context;
    this.#holder = new TurnHolder(context, claim);
    this.#onOver = onOver;
    this.#state = session.state;
    this.id = run.turnId;
    this.sessionId = session.sessionId;
    this.history = context.parts.list(session, 'messages', view.messages);
    this.input = run.input;
    this.#obey();
    this.#schedule(flushEveryMs(0));
  }

  /** Whose session it is; null for nobody's. */
  get owner(): string | null {
    return this.#holder.session.seen.record.owner;
  }

  /** Aborts when the turn is to end, or may not go on. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The state with all that this turn has changed. */
  get state(): T {
    return this.#state;
  }

  /**
   * Changes the state, for good with the next `step` or `end`. `change` is kept as a function, and applied again to
   * whatever is stored by then: it is pure, and may run more than once.
   */
  update(change: (state: T) => T): void {
    this.#state = change(this.#state);
    this.#changes.push(change);
  }

  /** Says something to those who follow. Resolves when there is room for more; see ChunkBuffer. */
  async write(chunk: unknown): Promise<void> {
    if (this.#isOver) return;
    const hasRoom = this.#buffer.add(chunk);
    this.#schedule(this.#flushedAt + flushEveryMs(this.#ageMs) - performance.now());
    await hasRoom;
  }

  /**
   * Throws why, when nothing may be done in the name of the turn any more: a tool asks before it starts. It knows of a
   * lease that has run out before anybody tells it.
   */
  assertHeld(): void {
    if (this.#holder.lease.isOverdue) this.#fail(this.#holder.trouble ?? leaseOverdue());
    if (this.#loss !== null) throw this.#loss.error;
    if (this.#isOver) throw new StateroomError('LEASE_LOST', 'the turn is over');
  }

  /** Whether messages have come to be taken along. */
  get isSteered(): boolean {
    return this.#holder.mailbox.messages.length > 0;
  }

  /** Stores what was done so far, before the model goes on. Gives the messages that came to be taken along from here. */
  async step(progress: TurnProgressReport = {}): Promise<readonly SteeringMessage[]> {
    const taken = await this.#commit((part) => this.#holder.step(part), progress);
    this.#state = this.#changes.reduce((state, change) => change(state), this.#holder.session.state);
    return taken;
  }

  /**
   * Ends the turn: as it was asked to, or else as `status` says, 'completed' by default. A turn that would be completed
   * while messages wait to be taken along takes them, and goes on.
   */
  async end({ status = 'completed', lastChunks = [], asking, ...progress }: TurnEnding<T> = {}): Promise<TurnOutcome> {
    const { mailbox } = this.#holder;
    if (status === 'completed' && mailbox.request === null && this.isSteered) {
      const messages = await this.step(progress);
      if (messages.length > 0) return { status: 'steered', messages };
      return this.end({ status, lastChunks });
    }
    for (const chunk of lastChunks) void this.#buffer.add(chunk);
    const ending = mailbox.request ?? status;
    const asked = ending === 'waiting' && asking !== undefined ? asking : (state: T) => state;
    const record = await this.#commit(
      (part) => this.#holder.end({ ...part, change: (state) => asked(part.change(state)) }, ending),
      progress,
    );
    this.#over();
    return { status: 'ended', record };
  }

  /**
   * Lets go of a turn that will not be ended: its lease runs out, and whoever comes next closes it as a crashed one. Does
   * nothing to one that is over.
   */
  abandon(): void {
    this.#fail(new StateroomError('LEASE_LOST', 'the turn was abandoned'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abandon();
  }

  /** As if a letter had come, from this process. */
  request(request: TurnRequest): void {
    this.#holder.mailbox.read([{ type: request }]);
    this.#obey();
  }

  get #ageMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** In time to renew the lease, and to keep the session alive, however short their lives are. */
  get #lookEveryMs(): number {
    const touchEveryMs = this.#context.parts.touchEveryMs(this.#holder.session) ?? lookEveryMs;
    return Math.max(20, Math.min(lookEveryMs, this.#context.limits.leaseMs / 4, touchEveryMs));
  }

  get #isOver(): boolean {
    return this.#dueAt === -Infinity;
  }

  async #commit<R>(commit: (part: TurnPart<T>) => Promise<R>, progress: TurnProgressReport): Promise<R> {
    this.assertHeld();
    const changes = this.#changes;
    const chunks = this.#buffer.take();
    this.#changes = [];
    const part = {
      change: (state: T) => changes.reduce((changed, change) => change(changed), state),
      items: progress.messages ?? [],
      chunks,
      report: progress.report ?? this.#holder.run.report,
    };
    try {
      return await commit(part);
    } catch (error) {
      this.#changes = [...changes, ...this.#changes];
      this.#buffer.putBack(chunks);
      if (isLoss(error)) this.#fail(error);
      throw error;
    } finally {
      this.#obey();
      this.#context.bell.ring(this.sessionId);
    }
  }

  /** Sees to it that the turn is looked after in `ms` at the latest. */
  #schedule(ms: number): void {
    const dueAt = performance.now() + Math.max(0, ms);
    if (dueAt >= this.#dueAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => void this.#beat(), Math.max(0, ms));
  }

  async #beat(): Promise<void> {
    this.#dueAt = Infinity;
    try {
      this.assertHeld();
      // Else one who never ends it would keep the session for ever.
      if (performance.now() - this.#askedAt > this.#context.limits.stopGraceMs) this.abandon();
      if (this.#isOver) return;
      await this.#lookAfter();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#isOver) return;
    this.#obey();
    this.#schedule(this.#buffer.isEmpty ? this.#lookEveryMs : flushEveryMs(this.#ageMs));
  }

  async #lookAfter(): Promise<void> {
    if (this.#buffer.isEmpty && !this.#holder.isToBeRenewed) return this.#holder.look();
    this.#flushedAt = performance.now();
    await this.#holder.flush(this.#buffer.take());
    this.#context.bell.ring(this.sessionId);
  }

  #obey(): void {
    const { mailbox } = this.#holder;
    if (mailbox.request === null && this.#isOutOfTime) mailbox.read([{ type: 'stopped' }]);
    if (mailbox.request === null || this.signal.aborted) return;
    this.#askedAt = performance.now();
    this.#abort.abort(new TurnStopped(mailbox.request));
  }

  /** Soon enough to store what there is before the host, or the session's own end, cuts it off. */
  get #isOutOfTime(): boolean {
    const { limits, parts } = this.#context;
    const endsAt = parts.endsAt(this.#holder.session);
    if (endsAt !== null && parts.now() > endsAt - 2 * lookEveryMs) return true;
    return limits.maxTurnMs !== null && this.#ageMs > limits.maxTurnMs;
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#loss = { error };
    this.#over();
    this.#abort.abort(error);
  }

  #over(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = -Infinity;
    this.#buffer.take();
    this.#onOver();
  }
}

/** Whether the turn can be held no more, and it is not what was given to be stored that is wrong. */
function isLoss(error: unknown): boolean {
  const losses = ['LEASE_LOST', 'NOT_FOUND', 'STORAGE', 'TIMEOUT', 'UNKNOWN_OUTCOME'];
  return isStateroomError(error) && losses.includes(error.code);
}

function leaseOverdue(): StateroomError {
  return new StateroomError('LEASE_LOST', 'the lease of the turn ran out before it was renewed');
}
