import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { manualClock } from '@stateroom/core/testing';
import type fc from 'fast-check';
import { rooms } from '../rooms.ts';
import { accountFaults } from '../turns/account-faults.ts';
import type { Account } from '../turns/accounts.ts';
import { Ledger } from '../turns/ledger.ts';
import { operate } from '../turns/operate.ts';
import { requestFaults } from '../turns/request-faults.ts';
import { readRoom } from '../turns/room-state.ts';
import { type Alter, watched } from '../turns/watched.ts';
import type { Fault } from './faults.ts';
import { Network } from './network.ts';
import type { Caller } from './operations.ts';
import { inHeldTime, pass, settled, sleep } from './virtual-time.ts';

export type Plan = {
  readonly callers: readonly Caller[];
  readonly faults: readonly Fault[];
  /** What is done to commits on their way. */
  readonly alter?: Alter;
};

/** What came of a plan: what must never be, and how often what happened. */
export type Played = { readonly faults: readonly string[]; readonly outcomes: readonly string[] };

const limits = { leaseMs: 1000, queueWaitMs: 4000, maxQueue: 3 };
const tickMs = 50;
const maxTasks = 20_000;

/** Plays a plan on one storage in the order that the scheduler says, and judges each commit, and the end. */
export async function perform(scheduler: fc.Scheduler, plan: Plan): Promise<Played> {
  return inHeldTime(() => play(scheduler, plan));
}

async function play(scheduler: fc.Scheduler, { callers, faults, alter }: Plan): Promise<Played> {
  const lapses = manualClock(0);
  const memory = memoryStorage({ clock: () => Date.now() + lapses.now() });
  const plain = rooms(memory);
  const keys = plain.sessions.parts.keys('s');
  const ledger = new Ledger();
  await plain.create();
  const storage = watched(memory, { keys, ledger, alter });
  const stage = new Stage(scheduler, storage, () => void lapses.advance(limits.leaseMs + 1));
  const { accounts, outcomes } = await stage.play(callers, faults);
  const stuck = await stage.stuck();
  const operations = callers.flatMap((caller) => caller.operations);
  const found = [
    ...ledger.faults,
    ...accountFaults(accounts, ledger),
    ...requestFaults(operations, await readRoom(memory, keys)),
    ...outcomes.flatMap((outcome) => (isExpected(outcome) ? [] : [`unexpected: ${outcome}`])),
    ...stuck,
  ];
  return { faults: [...new Set(found)], outcomes };
}

class Stage {
  readonly #scheduler: fc.Scheduler;
  readonly #storage: StorageProvider;
  readonly #lapse: () => void;
  #isOver = false;

  constructor(scheduler: fc.Scheduler, storage: StorageProvider, lapse: () => void) {
    this.#scheduler = scheduler;
    this.#storage = storage;
    this.#lapse = lapse;
    void this.#go();
  }

  async play(callers: readonly Caller[], faults: readonly Fault[]): Promise<Lived> {
    const lived: Lived = { accounts: [], outcomes: [] };
    const processes = [0, 1, 2].map((process) => {
      const network = this.#network(process, faults);
      return { network, room: rooms(network.storage, limits) };
    });
    const busy = new Map<number, Network>();
    for (const [index, caller] of callers.entries()) {
      const process = processes[caller.process];
      if (process === undefined) continue;
      busy.set(index, process.network);
      void live(caller, index, { room: process.room, lived }).then(() => busy.delete(index));
    }
    const isDone = () => [...busy.values()].every(({ isCutOff }) => isCutOff);
    if (!(await this.#until(isDone))) lived.outcomes.push('callers wait for ever');
    return lived;
  }

  /** Somebody new gets a turn as soon as what the dead have left has run out. */
  async stuck(): Promise<string[]> {
    const { storage } = this.#network(3, []);
    const room = rooms(storage, { ...limits, queueWaitMs: 8000, maxQueue: 100 });
    const operator = { room, sessionId: 's', tell: () => {}, sleep };
    let outcome: string | null = null;
    const come = async () => {
      const begin = { do: 'begin', acts: [], ending: 'completed', leavesAfterMs: null, overlap: 'enqueue' } as const;
      await operate({ do: 'create' }, 'probe', operator);
      let last = 'STORAGE';
      // Time may pass over the lease of this one too, before its commit is answered.
      for (let tries = 1; tries <= 5 && (last === 'STORAGE' || last === 'LEASE_LOST'); tries++) {
        last = await operate({ ...begin, messageId: `probe${tries}` }, 'probe', operator);
      }
      outcome = last;
    };
    void come();
    await this.#until(() => outcome !== null);
    this.#isOver = true;
    return outcome === 'ended' ? [] : [`the session is stuck: a new turn has ${outcome ?? 'not begun'}`];
  }

  #network(process: number, faults: readonly Fault[]): Network {
    return new Network(this.#storage, {
      name: `process ${process}`,
      waitTurn: (label) => this.#scheduler.schedule(Promise.resolve(), label),
      faults: faults.filter((fault) => fault.process === process),
      lapse: this.#lapse,
    });
  }

  /** Time is one of those that wait for their turns. */
  async #go(): Promise<void> {
    while (!this.#isOver) {
      await this.#scheduler.schedule(Promise.resolve(), 'time');
      pass(tickMs);
    }
  }

  async #until(isDone: () => boolean): Promise<boolean> {
    for (let task = 0; task < maxTasks; task++) {
      await settled();
      if (isDone()) return true;
      await this.#scheduler.waitNext(1);
    }
    return false;
  }
}

type Lived = { readonly accounts: Account[]; readonly outcomes: string[] };

/** One thing after the other, as a caller does. */
async function live(
  { operations }: Caller,
  index: number,
  { room, lived }: { readonly room: ReturnType<typeof rooms>; readonly lived: Lived },
): Promise<void> {
  const tell = (account: Account) => void lived.accounts.push(account);
  for (const [number, operation] of operations.entries()) {
    const operator = { room, sessionId: 's', tell, sleep };
    const outcome = await operate(operation, `${index}.${number}`, operator).catch(String);
    lived.outcomes.push(`${operation.do}: ${outcome}`);
  }
}

/** Not what was thrown, and is nothing that callers have to reckon with. */
function isExpected(outcome: string): boolean {
  return !/Error|for ever/.test(outcome);
}
