import { type StorageProvider, StateroomError } from '@stateroom/core';
import { override } from '@stateroom/core/testing';
import type { Fault } from './faults.ts';
import { sleep } from './virtual-time.ts';

/** Waits until it is the turn of what the label names. */
type WaitTurn = (label: string) => Promise<void>;

type NetworkOptions = {
  readonly name: string;
  readonly waitTurn: WaitTurn;
  readonly faults: readonly Fault[];
  /** Lets the storage's clock alone go on past a lease. */
  readonly lapse: () => void;
};

const pauseMs = 1500;
const never = new Promise<never>(() => {});

/** The way of one process to the storage: what it sends, and what comes back, each wait for their turns. */
export class Network {
  readonly storage: StorageProvider;
  readonly #options: NetworkOptions;
  #isCutOff = false;
  #pausedUntil = -Infinity;
  #calls = 0;

  constructor(storage: StorageProvider, options: NetworkOptions) {
    this.#options = options;
    this.storage = override(storage, {
      read: (reads) => this.#call('read', () => storage.read(reads)),
      commit: (transaction) => {
        const commit = () => storage.commit(transaction);
        return transaction.changes.length === 0 ? this.#call('look', commit) : this.#call('commit', commit, commit);
      },
    });
  }

  /** Nothing comes back from now on. */
  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  async #call<R>(kind: string, carryOut: () => Promise<R>, again?: () => Promise<unknown>): Promise<R> {
    const { name, waitTurn, lapse } = this.#options;
    this.#calls += 1;
    const number = this.#calls;
    const is = (what: Fault['what']) => this.#isAt(what, number);
    if (is('crash before')) this.#isCutOff = true;
    if (this.#isCutOff) return never;
    if (is('paused')) this.#pausedUntil = performance.now() + pauseMs;
    if (is('lapse')) lapse();
    if (performance.now() < this.#pausedUntil) await sleep(this.#pausedUntil - performance.now());
    await waitTurn(`${name}: ${kind} ${number}`);
    if (is('unreachable')) throw new StateroomError('STORAGE', 'the network is down');
    const reply = await carryOut();
    if (again !== undefined && is('repeated')) void this.#repeat(again, number);
    if (is('crash after')) this.#isCutOff = true;
    await waitTurn(`${name}: reply ${number}`);
    if (this.#isCutOff) return never;
    if (again !== undefined && is('lost')) throw new StateroomError('UNKNOWN_OUTCOME', 'the reply was lost');
    return reply;
  }

  /** Some are late by much. */
  async #repeat(commit: () => Promise<unknown>, number: number): Promise<void> {
    const { name, waitTurn } = this.#options;
    for (let late = 0; late <= (number * 7) % 30; late++) await waitTurn(`${name}: copy of ${number}`);
    await commit().catch(() => {});
  }

  #isAt(what: Fault['what'], number: number): boolean {
    return this.#options.faults.some(
      (fault) => fault.what === what && fault.call <= number && number < fault.call + fault.times,
    );
  }
}
