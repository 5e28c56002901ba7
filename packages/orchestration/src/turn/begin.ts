import { type Change, StateroomError, type Transaction } from '@stateroom/core';
import { appendLetter, setQueue } from './changes.ts';
import type { Claim } from './claim.ts';
import { clear, type Clearing } from './clearing.ts';
import { type BeginOptions, type NotBegun, type OverlapPolicy, requests } from './overlap.ts';
import { isLastTurn, ownMark, type SessionView, viewOf, viewReads } from './session-view.ts';
import type { Mark } from './stored.ts';
import { newRun, start, takeBack } from './start.ts';
import type { TurnContext, TurnSession } from './turn-context.ts';
import { attemptOf, messageIdOf, turnIdOf } from './turn-id.ts';
import type { TurnKeys } from './turn-parts.ts';

type Reply = { readonly view: SessionView; readonly refused: readonly string[] };

/** A ticket that is not touched for so long is that of a waiter who is dead. */
const ticketMs = 5000;
const [firstPollMs, longestPollMs] = [250, 1000];

/**
 * The way from a message to its turn: through the gate, past what runs or died, in line with those that came before.
 * Each step is one checked commit, and what refuses it shows what to do next; see turn-protocol in the docs.
 */
export class Beginning<T> {
  readonly #context: TurnContext<T>;
  readonly #sessionId: string;
  readonly #options: BeginOptions<T>;
  readonly #guard: string;
  readonly #keys: TurnKeys;
  /** When each commit that would begin the turn was sent, by the version it gives to run and lease. */
  readonly #sentAt = new Map<string, number>();
  readonly #deadline: number;
  #turnId: string;
  /** Of an earlier attempt, which has left the message in the transcript. */
  #isInputStored = false;
  #overlap: OverlapPolicy;
  #ticket: string | null = null;
  /** The same each time: a late copy of an own join is found to be the own place. */
  readonly #ticketVersion: string;
  /** The turn that was asked to make room. */
  #asked: string | null = null;
  /** The run that was given the message to take along. */
  #steered: string | null = null;
  #pollMs = firstPollMs;
  #isAdmitted: boolean;
  /** Those in line when it was last looked at: of them it is to be known whether they are alive. */
  #waiting: readonly string[] = [];

  constructor(
    context: TurnContext<T>,
    sessionId: string,
    { guard, ...options }: BeginOptions<T> & { readonly guard: string },
  ) {
    this.#context = context;
    this.#sessionId = sessionId;
    this.#options = options;
    this.#guard = guard;
    this.#keys = context.keysOf(sessionId);
    this.#turnId = turnIdOf(options.messageId, options.replacing?.attempt ?? 1);
    // What takes the place of others cannot be a part of one of them.
    this.#overlap = options.replacing && options.overlap === 'steer' ? 'enqueue' : options.overlap;
    this.#ticketVersion = context.parts.mint();
    this.#isAdmitted = options.admit === undefined;
    this.#deadline = performance.now() + context.limits.queueWaitMs;
  }

  async run(): Promise<Claim<T> | NotBegun> {
    // What was answered already is not to be asked of the state: a look tells.
    let reply = this.#options.answering === undefined ? await this.#begin(null) : await this.#look();
    for (;;) {
      const { view } = reply;
      if (view.guard?.version !== this.#guard) throw new StateroomError('NOT_FOUND', 'there is no such session');
      const leasedAt = this.#sentAt.get(view.lease ?? '');
      if (leasedAt !== undefined) return this.#claim(view, leasedAt);
      const next = this.#next(reply);
      if (typeof next !== 'function') return this.#leave(next);
      if (!this.#isAdmitted) await this.#admit((await this.#opened(view)).state);
      reply = await next();
    }
  }

  /** What comes of it, or what to do next. */
  #next({ view, refused }: Reply): NotBegun | (() => Promise<Reply>) {
    const outcome = this.#outcome(view);
    if (outcome !== null) return outcome;
    const isWaiting = this.#ticket !== null;
    const isAhead = refused.some((key) => view.queue.messageIds.some((id) => key === this.#keys.ticket(id)));
    if (view.run === null || view.lease === null) {
      if (this.#overlap === 'steer') this.#overlap = 'enqueue';
      if (isWaiting)
        return this.#ahead(view).some((id) => view.alive.includes(id))
          ? () => this.#poll(view)
          : () => this.#begin(view);
      if (!isAhead) return () => this.#begin(view);
    }
    const turnId = view.run?.turnId ?? null;
    if (this.#overlap === 'reject') return { status: 'refused', by: 'turn', turnId };
    if (this.#overlap === 'steer' && turnId !== null) {
      if (this.#steered === null) return () => this.#steer(turnId);
      if (this.#steered === turnId) return () => this.#pause().then(() => this.#look());
      this.#overlap = 'enqueue';
    }
    if (isWaiting) return () => this.#poll(view);
    const { maxQueue } = this.#context.limits;
    if (view.queue.messageIds.length < maxQueue) return () => this.#join(view);
    // Those whose waiters have died count no more, once it is known who they are.
    if (view.queue.messageIds.some((id) => !view.lookedFor.includes(id))) return () => this.#look();
    return view.alive.length < maxQueue ? () => this.#join(view) : { status: 'refused', by: 'queue', turnId };
  }

  #outcome(view: SessionView): NotBegun | null {
    const { run, lease } = view;
    const isNew = this.#options.replacing !== undefined;
    if (!isNew && run !== null && lease !== null && messageIdOf(run.turnId) === this.#options.messageId)
      return { status: 'running', turnId: run.turnId };
    const mark = isNew ? null : ownMark(view);
    // A rewind may have taken the earlier attempt back, and its message with it.
    if (mark === null) this.#isInputStored = false;
    if (mark !== null && !this.#isToBeTriedAgain(view, mark)) {
      const { turnId, status } = mark;
      return status === 'steered' ? { status, turnId } : { status: 'finished', turnId, outcome: status };
    }
    const withdrawn = { status: 'withdrawn', turnId: this.#turnId } as const;
    const hasGone = this.#options.signal?.aborted === true;
    // The same message waits on behalf of another request.
    if (view.ticket === this.#ticketVersion) this.#ticket = view.ticket;
    if (this.#ticket === null && view.ticket !== null) return { status: 'running', turnId: this.#turnId };
    if (this.#ticket === null) return hasGone && this.#steered !== null ? withdrawn : null;
    if (view.letters.some(({ type }) => type !== 'steer')) return { status: 'stopped', turnId: this.#turnId };
    if (hasGone) return withdrawn;
    return performance.now() < this.#deadline ? null : { status: 'refused', by: 'queue', turnId: run?.turnId ?? null };
  }

  /** What came to nothing is tried again; where its message stands there, only as long as nothing was said since. */
  #isToBeTriedAgain(view: SessionView, { turnId, status, isInputStored }: Mark): boolean {
    const hasComeToNothing = status === 'rolled_back' || status === 'crashed' || status === 'failed';
    const { messageId } = this.#options;
    const isLast = isLastTurn(turnId, view, { messageId, isDeadKept: this.#overlap !== 'rollback' });
    if (!hasComeToNothing || (isInputStored && !isLast)) return false;
    // Another turn may have taken it along, and come to nothing.
    this.#turnId = turnIdOf(messageId, messageIdOf(turnId) === messageId ? attemptOf(turnId) + 1 : 1);
    this.#isInputStored = isInputStored;
    return true;
  }

  async #begin(view: SessionView | null): Promise<Reply> {
    const { parts } = this.#context;
    const ahead = view === null ? [] : this.#ahead(view);
    if (view !== null && this.#ticket !== null) await this.#admit((await this.#opened(view)).state);
    const before = await this.#clear(view);
    const version = parts.mint();
    this.#sentAt.set(version, performance.now());
    const attempt = { turnId: this.#turnId, isInputStored: this.#isInputStored, startedAt: parts.now() };
    const run = newRun(this.#options, attempt);
    const hasTicket = this.#ticket !== null;
    return this.#send(start(this.#context, this.#sessionId, { run, version, before, view, ahead, hasTicket }));
  }

  /** A dead turn that was an attempt of the same message makes this one the next. */
  async #clear(view: SessionView | null): Promise<Clearing> {
    const { messageId, replacing, answering } = this.#options;
    const isRolledBack = this.#overlap === 'rollback';
    const dead = replacing === undefined ? (view?.run ?? null) : null;
    if (dead !== null && messageIdOf(dead.turnId) === messageId) {
      this.#turnId = turnIdOf(messageId, attemptOf(dead.turnId) + 1);
      this.#isInputStored = dead.isInputStored || !isRolledBack;
    }
    const session = { sessionId: this.#sessionId, guard: this.#guard };
    const isNew = attemptOf(this.#turnId) === 1;
    const admit = this.#isAdmitted ? undefined : (state: T) => this.#admit(state);
    const wish = { view, isRolledBack, replacing, answering: isNew ? answering : undefined, admit };
    return clear(this.#context, session, wish);
  }

  async #admit(state: T): Promise<void> {
    try {
      await this.#options.admit?.(state);
      this.#isAdmitted = true;
    } catch (error) {
      await this.#giveUpPlace();
      throw error;
    }
  }

  async #join(view: SessionView): Promise<Reply> {
    const { messageId } = this.#options;
    const ticket = this.#keys.ticket(messageId);
    const queue = [...view.queue.messageIds.filter((id) => id !== messageId), messageId];
    return this.#send({
      checks: [
        { key: ticket, version: null },
        { key: this.#keys.queue, version: view.queue.version },
      ],
      changes: [
        { type: 'set', key: ticket, value: this.#turnId, version: this.#ticketVersion, ttlMs: ticketMs },
        setQueue(this.#keys, queue, this.#context.parts.mint()),
        ...this.#request(view),
      ],
    });
  }

  /** Keeps the place in the line, and looks again after a while, or when something has come of the session here. */
  async #poll(view: SessionView): Promise<Reply> {
    await this.#pause();
    const ticket = this.#keys.ticket(this.#options.messageId);
    const reply = await this.#send({
      checks: [],
      changes: [{ type: 'touch', key: ticket, ttlMs: ticketMs }, ...this.#request(view)],
    });
    // Whoever slept for too long has lost the place.
    if (reply.view.ticket !== this.#ticket) this.#ticket = null;
    return reply;
  }

  /** For those who are to make room: the running turn is asked, once. */
  #request({ run, lease }: SessionView): Change[] {
    const type = requests[this.#overlap];
    if (type === undefined || run === null || lease === null || this.#asked === run.turnId) return [];
    this.#asked = run.turnId;
    return [appendLetter(this.#keys, run.turnId, { type })];
  }

  async #steer(turnId: string): Promise<Reply> {
    const { messageId, input } = this.#options;
    this.#steered = turnId;
    const letter = appendLetter(this.#keys, turnId, { type: 'steer', messageId, input: [...input] });
    return this.#send({ checks: [], changes: [letter] });
  }

  async #look(): Promise<Reply> {
    return this.#send({ checks: [], changes: [] });
  }

  async #pause(): Promise<void> {
    const { bell } = this.#context;
    await bell.sleep(this.#sessionId, this.#pollMs, this.#options.signal);
    this.#pollMs = Math.min(longestPollMs, this.#pollMs * 1.5);
  }

  async #leave(outcome: NotBegun): Promise<NotBegun> {
    await this.#giveUpPlace();
    return outcome;
  }

  async #giveUpPlace(): Promise<void> {
    const [ticket, version] = [this.#keys.ticket(this.#options.messageId), this.#ticket];
    if (version === null) return;
    const gone = [ticket, this.#keys.mail(this.#turnId)].map((key) => ({ type: 'delete', key }) as const);
    await this.#context.parts.commit({ checks: [{ key: ticket, version }], changes: gone });
    this.#context.bell.ring(this.#sessionId);
  }

  #ahead({ queue }: SessionView): readonly string[] {
    const place = queue.messageIds.indexOf(this.#options.messageId);
    return place < 0 ? queue.messageIds : queue.messageIds.slice(0, place);
  }

  /** Through the gate: a session that is not there, or not theirs, is refused by its guard. */
  async #send({ checks, changes }: Transaction): Promise<Reply> {
    const { lastMessages } = this.#options;
    const wanted = {
      turnId: this.#turnId,
      waiting: this.#waiting,
      history: lastMessages === undefined ? {} : { start: -lastMessages },
    };
    const reads = viewReads(this.#keys, wanted);
    const gate = { key: this.#keys.guard, version: this.#guard };
    const { refused, snapshot } = await this.#context.parts.commit({ checks: [gate, ...checks], changes, reads });
    const view = viewOf(snapshot, wanted);
    this.#waiting = view.queue.messageIds;
    return { view, refused: refused.map(({ key }) => key) };
  }

  /** Also of a begin whose reply was lost, and which was found to have happened. */
  async #claim(view: SessionView, leasedAt: number): Promise<Claim<T> | NotBegun> {
    const { run, lease, record } = view;
    if (run === null || lease === null)
      throw new StateroomError('STORAGE', 'the storage shows a lease without its turn');
    const session = await this.#opened({ record });
    const claim = { session, run, view, leaseVersion: lease, leasedAt };
    try {
      if (!this.#isAdmitted) await this.#admit(session.state);
      return claim;
    } catch (refusal) {
      await takeBack(this.#context, claim);
      throw refusal;
    }
  }

  async #opened({ record }: Pick<SessionView, 'record'>): Promise<TurnSession<T>> {
    return this.#context.parts.open(this.#sessionId, record);
  }
}
