import type { OrchestrationState } from '../orchestration-state.ts';
import { assertOwnerBudget, assertSessionBudget, type Budget } from './budget.ts';
import type { Spending } from './spending.ts';

type AdmissionOptions = {
  readonly budget: Budget;
  readonly read: () => Promise<readonly Spending[]>;
  readonly now: () => number;
};

/** What was read before a wait in line tells nothing of what was spent meanwhile. */
const freshMs = 1000;

/** Whether a request may begin a turn. Throws BUDGET where it may not. */
export class Admission {
  readonly #options: AdmissionOptions;
  #reading: { readonly at: number; readonly spendings: Promise<readonly Spending[]> };

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#reading = this.#read();
  }

  /** By what the owner has spent. */
  async ofOwner(): Promise<void> {
    const { budget, now } = this.#options;
    if (performance.now() - this.#reading.at > freshMs) this.#reading = this.#read();
    assertOwnerBudget(budget, await this.#reading.spendings, now());
  }

  /** By what the session has used, and by what its owner has spent. */
  async ofTurn(state: OrchestrationState): Promise<void> {
    assertSessionBudget(this.#options.budget, state);
    await this.ofOwner();
  }

  #read() {
    const spendings = this.#options.read();
    // A request that is refused for another reason never asks for it.
    spendings.catch(() => {});
    return { at: performance.now(), spendings };
  }
}
