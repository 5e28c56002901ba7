import { isStateroomError, StateroomError, type StorageProvider, unwrap } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { manualClock, override } from '@stateroom/core/testing';
import type { OverlapPolicy } from '../../turn/overlap.ts';
import { TurnKeys } from '../../turn/turn-parts.ts';
import { rooms } from '../rooms.ts';
import type { Operation } from '../schedules/operations.ts';
import { pass, settled, sleep } from '../schedules/virtual-time.ts';
import { accountFaults } from '../turns/account-faults.ts';
import type { Account } from '../turns/accounts.ts';
import { type CommitKind, kindOf } from '../turns/kind-of.ts';
import { Ledger } from '../turns/ledger.ts';
import { answersOf, operate } from '../turns/operate.ts';
import { requestFaults } from '../turns/request-faults.ts';
import { readRoom } from '../turns/room-state.ts';
import { TurnRunner } from '../turns/turn-runner.ts';
import { userItem } from '../turns/vocabulary.ts';
import { watched } from '../turns/watched.ts';
import type { Guard } from './guard.ts';

const limits = { leaseMs: 1000, queueWaitMs: 20_000, maxQueue: 10 };

/** Three processes on one storage, in which one thing happens after the other as a plot says. */
export class Theatre {
  readonly here: Actor;
  readonly there: Actor;
  readonly elsewhere: Actor;
  readonly #memory: StorageProvider;
  readonly #storage: StorageProvider;
  readonly #lapses = manualClock(0);
  readonly #ledger = new Ledger();
  readonly #told: Told = { accounts: [], operations: [] };

  private constructor(guard: Pick<Guard, 'without' | 'splitsReads'> | null) {
    this.#memory = memoryStorage({ clock: () => Date.now() + this.#lapses.now() });
    const keys = rooms(this.#memory).sessions.parts.keys('s');
    const alter = guard?.without(new TurnKeys(keys));
    this.#storage = watched(this.#memory, { keys, ledger: this.#ledger, alter });
    const actor = (name: string) =>
      new Actor(this.#storage, { name, told: this.#told, splitsReads: guard?.splitsReads === true });
    [this.here, this.there, this.elsewhere] = [actor('here'), actor('there'), actor('elsewhere')];
  }

  /** With a session in it, and without the guard if one is given. */
  static async open(guard: Pick<Guard, 'without' | 'splitsReads'> | null): Promise<Theatre> {
    const theatre = new Theatre(guard);
    unwrap(await rooms(theatre.#memory).sessions.createSession({ ...rooms(theatre.#memory).access, sessionId: 's' }));
    return theatre;
  }

  /** Waits, while time goes on for all. */
  readonly pass = sleep;

  /** Lets time go on whenever nothing else does. */
  async play<R>(plot: Promise<R>): Promise<R> {
    let isOver = false;
    const over = plot.finally(() => {
      isOver = true;
    });
    for (;;) {
      await settled();
      if (isOver) return over;
      pass(10);
    }
  }

  /** The lease runs out in the storage, and no process has noticed. */
  readonly lapse = (): void => {
    void this.#lapses.advance(limits.leaseMs + 1);
  };

  /** What was found once all is over, and somebody new has come. */
  async faults(): Promise<readonly string[]> {
    const audience = rooms(this.#storage, limits);
    const operator = { room: audience, sessionId: 's', tell: () => {}, sleep };
    const begin = { do: 'begin', messageId: 'probe', acts: [], ending: 'completed', leavesAfterMs: null } as const;
    await operate({ do: 'create' }, 'probe', operator);
    const outcome = await operate({ ...begin, overlap: 'enqueue' }, 'probe', operator);
    const { accounts, operations } = this.#told;
    const toldToBegin = accounts.filter(({ type }) => type === 'begun').length + Number(outcome === 'ended');
    const room = await readRoom(this.#memory, audience.sessions.parts.keys('s'));
    return [
      ...this.#ledger.faults,
      ...accountFaults(accounts, this.#ledger),
      ...requestFaults(operations, room),
      ...(this.#ledger.begun.length > toldToBegin ? ['a turn has begun, and nobody was told so'] : []),
      ...(outcome === 'ended' ? [] : [`the session is stuck: a new turn has ${outcome}`]),
    ];
  }
}

type Told = { readonly accounts: Account[]; readonly operations: Operation[] };

type Wish = Omit<Parameters<Actor['room']['turns']['begin']>[1], 'owner' | 'agentId'>;

/** Something of a process that waits on its way to the storage. */
export type Held = { readonly release: () => Promise<void> };

/** A process, whose commits can be held up, and whose replies can be lost. */
export class Actor {
  readonly room: ReturnType<typeof rooms>;
  readonly #told: Told;
  readonly #name: string;
  readonly #holds: { readonly kind: CommitKind | 'read'; readonly gate: Promise<void> }[] = [];
  readonly #losses: CommitKind[] = [];
  #isCutOff = false;
  #runs = 0;

  constructor(storage: StorageProvider, options: { name: string; told: Told; splitsReads: boolean }) {
    this.#told = options.told;
    this.#name = options.name;
    const keys = new TurnKeys(rooms(storage).sessions.parts.keys('s'));
    const network = override(storage, {
      read: async (reads) => {
        if (!options.splitsReads || !reads.lists?.length) return storage.read(reads);
        const { lists } = await storage.read({ lists: reads.lists });
        await this.#arrive('read');
        return { ...(await storage.read({ entries: reads.entries ?? [] })), lists };
      },
      commit: async (transaction) => {
        const kind = kindOf(transaction, keys);
        await this.#arrive(kind);
        const commit = await storage.commit(transaction);
        if (this.#isCutOff) await new Promise(() => {});
        if (takeFrom(this.#losses, (lost) => lost === kind) === undefined) return commit;
        throw new StateroomError('UNKNOWN_OUTCOME', 'the reply was lost');
      },
    });
    this.room = rooms(network, limits);
  }

  /** The next commit of this kind waits until it is released. */
  hold(kind: CommitKind | 'read'): Held {
    const { promise: gate, resolve } = Promise.withResolvers<void>();
    this.#holds.push({ kind, gate });
    return {
      release: async () => {
        resolve();
        await settled();
      },
    };
  }

  /** The next commit of this kind is carried out, and its reply does not come. */
  loseReply(kind: CommitKind): void {
    this.#losses.push(kind);
  }

  /** From now on nothing goes out and nothing comes in. */
  cutOff(): void {
    this.#isCutOff = true;
  }

  /** A turn that is sure to begin. */
  async turn(messageId: string, overlap?: OverlapPolicy): Promise<TurnRunner> {
    const runner = await this.begin(messageId, overlap);
    if (runner === null) throw new Error(`${messageId} has not begun`);
    return runner;
  }

  /** Null when no turn has begun. */
  async begin(messageId: string, overlap: OverlapPolicy = 'reject'): Promise<TurnRunner | null> {
    this.#told.operations.push({ do: 'begin', messageId, overlap, acts: [], ending: 'completed', leavesAfterMs: null });
    return this.#run({ messageId, overlap, input: [userItem(messageId)] });
  }

  /** A turn that goes on with the first one of a message; null when none has begun. */
  async answer(messageId: string): Promise<TurnRunner | null> {
    this.#told.operations.push({ do: 'answer', messageId, acts: [], ending: 'completed' });
    return this.#run(answersOf(messageId));
  }

  async #run(options: Wish): Promise<TurnRunner | null> {
    const { turns, access } = this.room;
    const begun = await turns.begin('s', { ...access, ...options }).catch((error: unknown) => {
      if (isStateroomError(error)) return null;
      throw error;
    });
    if (begun?.status !== 'started') return null;
    this.#runs += 1;
    return new TurnRunner(begun.turn, `${this.#name}${this.#runs}`, (account) => this.#told.accounts.push(account));
  }

  /** Begins to do something, and does not wait for it. */
  async start(operation: Operation): Promise<void> {
    this.#told.operations.push(operation);
    this.#runs += 1;
    const tell = (account: Account) => void this.#told.accounts.push(account);
    void operate(operation, `${this.#name}${this.#runs}`, { room: this.room, sessionId: 's', tell, sleep });
    await settled();
  }

  async #arrive(kind: CommitKind | 'read'): Promise<void> {
    const hold = takeFrom(this.#holds, (each) => each.kind === kind);
    await hold?.gate;
    if (this.#isCutOff) await new Promise(() => {});
  }
}

function takeFrom<V>(values: V[], isWanted: (value: V) => boolean): V | undefined {
  const index = values.findIndex(isWanted);
  return index < 0 ? undefined : values.splice(index, 1)[0];
}
