import { type Change, isStateroomError, StateroomError, type Transaction } from '@stateroom/core';
import { appendLetter, setQueue } from './changes.ts';
import type { Claim } from './claim.ts';
import { clear, type Clearing } from './clearing.ts';
import { type HistoryQuestion, lengthOnly } from './history-cache.ts';
import { aheadOf, type Comer, type Move, nextMove, type Progress, progressAfter, type Reply } from './next-move.ts';
import { type BeginOptions, type NotBegun, policyFor, requests } from './overlap.ts';
import { type SessionView, viewOf, viewReads } from './session-view.ts';
import { newRun, start, takeBack } from './start.ts';
import type { TurnContext } from './turn-context.ts';
import { attemptOf, messageIdOf, turnIdOf } from './turn-id.ts';
import type { TurnKeys } from './turn-parts.ts';

type Answer = Reply & { readonly question: HistoryQuestion | null };

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
  /** The same each time: a late copy of an own join is found to be the own place. */
  readonly #ticket: string;
  #progress: Progress;
  /** The turn that was asked to make room. */
  #asked: string | null = null;
  #pollMs = firstPollMs;
  #isAdmitted: boolean;
  #hasWaited = false;
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
    const [turnId, overlap] = [firstTurnId(options), policyFor(options)];
    this.#progress = { turnId, overlap, isInputStored: false, steered: null, waitedWith: [] };
    this.#ticket = context.parts.mint();
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
      if (leasedAt !== undefined) {
        const claim = await this.#claim(reply, leasedAt);
        if (claim !== null) return claim;
        reply = await this.#look(this.#askForHistory());
        continue;
      }
      const comer = this.#comer();
      this.#progress = progressAfter(view, this.#progress, comer);
      const move = nextMove(reply, this.#progress, comer);
      if (!this.#isAdmitted && move.do !== 'leave') await this.#admit(view);
      const next = move.do === 'leave' ? await this.#leave(move.outcome, view) : await this.#make(move, view);
      if ('status' in next) return next;
      reply = next;
    }
  }

  #comer(): Comer {
    const { messageId, replacing, answering, signal } = this.#options;
    return {
      messageId,
      firstTurnId: firstTurnId(this.#options),
      isAnswering: answering !== undefined,
      isReplacing: replacing !== undefined,
      ticket: this.#ticket,
      maxQueue: this.#context.limits.maxQueue,
      hasGone: signal?.aborted === true,
      isLate: performance.now() >= this.#deadline,
    };
  }

  async #make(move: Exclude<Move, { do: 'leave' }>, view: SessionView): Promise<Answer> {
    switch (move.do) {
      case 'begin':
        return this.#begin(view);
      case 'join':
        return this.#join(view);
      case 'poll':
        return this.#poll(view);
      case 'steer':
        return this.#steer(move.turnId);
      case 'wait':
        await this.#pause();
        return this.#look();
      case 'look':
        return this.#look();
    }
  }

  async #begin(view: SessionView | null): Promise<Answer> {
    const { parts } = this.#context;
    const ahead = view === null ? [] : aheadOf(view, this.#options);
    const hasTicket = view?.ticket === this.#ticket;
    // Much may have been spent while it waited.
    if (view !== null && this.#hasWaited) await this.#admit(view);
    const before = await this.#orLeave(view, () => this.#clear(view));
    const version = parts.mint();
    this.#sentAt.set(version, performance.now());
    const { turnId, isInputStored } = this.#progress;
    const run = newRun(this.#options, { turnId, isInputStored, startedAt: parts.now() });
    const begin = start(this.#context, this.#sessionId, { run, version, before, view, ahead, hasTicket });
    return this.#send(begin, this.#askForHistory(before.changes));
  }

  /** A dead turn that was an attempt of the same message makes this one the next. */
  async #clear(view: SessionView | null): Promise<Clearing> {
    const { messageId, replacing, answering } = this.#options;
    const isRolledBack = this.#progress.overlap === 'rollback';
    const dead = replacing === undefined ? (view?.run ?? null) : null;
    if (dead !== null && messageIdOf(dead.turnId) === messageId) {
      const turnId = turnIdOf(messageId, attemptOf(dead.turnId) + 1);
      this.#progress = { ...this.#progress, turnId, isInputStored: dead.isInputStored || !isRolledBack };
    }
    const session = { sessionId: this.#sessionId, guard: this.#guard };
    const { turnId, isInputStored } = this.#progress;
    const isNew = attemptOf(turnId) === 1;
    const isNext = isInputStored || (answering !== undefined && !isNew);
    const admit = this.#isAdmitted ? undefined : (state: T) => this.#admitState(state);
    const wish = { view, isRolledBack, isNext, replacing, answering: isNew ? answering : undefined, admit };
    return clear(this.#context, session, wish);
  }

  async #admit(view: SessionView): Promise<void> {
    const { state } = await this.#context.parts.open(this.#sessionId, view.record);
    await this.#orLeave(view, () => this.#admitState(state));
  }

  /** Of what refuses the turn: it leaves no place in the line behind. */
  async #orLeave<R>(view: SessionView | null, task: () => Promise<R>): Promise<R> {
    return task().catch(async (refusal: unknown) => {
      if (view !== null) await this.#leave({ status: 'refused', by: 'queue', turnId: null }, view);
      throw refusal;
    });
  }

  async #admitState(state: T): Promise<void> {
    await this.#options.admit?.(state);
    this.#isAdmitted = true;
  }

  /** The place of one who has gone is there until somebody from behind has begun. */
  async #join(view: SessionView): Promise<Answer> {
    const { messageId } = this.#options;
    const ticket = this.#keys.ticket(messageId);
    const { messageIds } = view.queue;
    const queue = messageIds.includes(messageId) ? messageIds : [...messageIds, messageId];
    return this.#send({
      checks: [
        { key: ticket, version: null },
        { key: this.#keys.queue, version: view.queue.version },
      ],
      changes: [
        { type: 'set', key: ticket, value: this.#progress.turnId, version: this.#ticket, ttlMs: ticketMs },
        setQueue(this.#keys, queue, this.#context.parts.mint()),
        ...this.#request(view),
      ],
    });
  }

  /** Keeps the place in the line, and looks again after a while, or when something has come of the session here. */
  async #poll(view: SessionView): Promise<Answer> {
    await this.#pause();
    const ticket = this.#keys.ticket(this.#options.messageId);
    return this.#send({
      checks: [],
      changes: [{ type: 'touch', key: ticket, ttlMs: ticketMs }, ...this.#request(view)],
    });
  }

  /** For those who are to make room: the running turn is asked, once. */
  #request({ run, lease }: SessionView): Change[] {
    const type = requests[this.#progress.overlap];
    if (type === undefined || run === null || lease === null || this.#asked === run.turnId) return [];
    this.#asked = run.turnId;
    return [appendLetter(this.#keys, run.turnId, { type })];
  }

  async #steer(turnId: string): Promise<Answer> {
    const { messageId, input } = this.#options;
    this.#progress = { ...this.#progress, steered: turnId };
    this.#hasWaited = true;
    const letter = appendLetter(this.#keys, turnId, { type: 'steer', messageId, input: [...input] });
    return this.#send({ checks: [], changes: [letter] });
  }

  async #look(question?: HistoryQuestion): Promise<Answer> {
    return this.#send({ checks: [], changes: [] }, question);
  }

  /** For the transcript as it is after these changes: what is known of it is of no use where they cut it. */
  #askForHistory(changes: readonly Change[] = []): HistoryQuestion {
    const { history } = this.#context;
    if (changes.some(({ type, key }) => key === this.#keys.messages && type !== 'append'))
      history.forget(this.#sessionId);
    return history.ask(this.#sessionId, this.#options.lastMessages);
  }

  async #pause(): Promise<void> {
    const { bell } = this.#context;
    this.#hasWaited = true;
    await bell.sleep(this.#sessionId, this.#pollMs, this.#options.signal);
    this.#pollMs = Math.min(longestPollMs, this.#pollMs * 1.5);
  }

  /** Gives up the place in the line; but one who goes away, and does not know of a letter yet, is to read it first. */
  async #leave(outcome: NotBegun, view: SessionView): Promise<NotBegun | Answer> {
    if (view.ticket !== this.#ticket) return outcome;
    const { messageId } = this.#options;
    const [ticket, mail] = [this.#keys.ticket(messageId), this.#keys.mail(this.#progress.turnId)];
    const mayBeBegun = outcome.status === 'withdrawn' || outcome.status === 'refused';
    const dismissed = { type: 'dismissed', ticket: this.#ticket } as const;
    const reply = await this.#send({
      checks: [
        { key: ticket, version: this.#ticket },
        ...(mayBeBegun ? [{ key: mail, length: view.letters.length }] : []),
      ],
      changes: [
        { type: 'delete', key: ticket },
        ...(mayBeBegun ? [] : [{ type: 'delete', key: mail } as const]),
        ...(outcome.status === 'stopped' ? [appendLetter(this.#keys, this.#progress.turnId, dismissed)] : []),
      ],
    });
    this.#context.bell.ring(this.#sessionId);
    return reply.view.ticket === this.#ticket ? reply : outcome;
  }

  /** Through the gate: a session that is not there, or not theirs, is refused by its guard. */
  async #send({ checks, changes }: Transaction, question: HistoryQuestion | null = null): Promise<Answer> {
    const { turnId } = this.#progress;
    const wanted = { turnId, waiting: this.#waiting, history: question?.range ?? lengthOnly };
    const reads = viewReads(this.#keys, wanted);
    const gate = { key: this.#keys.guard, version: this.#guard };
    const { refused, snapshot } = await this.#context.parts.commit({ checks: [gate, ...checks], changes, reads });
    const view = viewOf(snapshot, wanted);
    this.#waiting = view.queue.messageIds;
    const tickets = this.#waiting.map((id) => this.#keys.ticket(id));
    return { view, question, isBehind: refused.some(({ key }) => tickets.includes(key)) };
  }

  /** Also of a begin whose reply was lost, and which was found to have happened. Null where the transcript is not known. */
  async #claim({ view, question }: Answer, leasedAt: number): Promise<Claim<T> | null> {
    const { run, lease, record, messages } = view;
    if (run === null || lease === null)
      throw new StateroomError('STORAGE', 'the storage shows a lease without its turn');
    const { parts, history } = this.#context;
    const session = await parts.open(this.#sessionId, record);
    if (!this.#isAdmitted) await this.#admitBegun({ session, run, view, leaseVersion: lease, leasedAt });
    const known = question && history.answer(session, question, messages ?? { items: [], length: 0 });
    return known && { session, run, view: { ...view, messages: known }, leaseVersion: lease, leasedAt };
  }

  /** One that was begun where nothing was in its way, before it was known whether it may. */
  async #admitBegun(claim: Claim<T>): Promise<void> {
    try {
      await this.#admitState(claim.session.state);
    } catch (refusal) {
      // It is refused, whatever comes of that: what is left dies with its lease.
      await takeBack(this.#context, claim).catch((error: unknown) => {
        const code = isStateroomError(error) ? error.code : 'THROWN';
        this.#context.logger.error({ code }, 'a turn that was refused could not be taken back');
      });
      throw refusal;
    }
  }
}

function firstTurnId<T>({ messageId, replacing }: BeginOptions<T>): string {
  return turnIdOf(messageId, replacing?.attempt ?? 1);
}
