import type { SessionManager } from '@stateroom/core';
import type { OrchestrationState } from '../orchestration-state.ts';
import { Admission } from './admission.ts';
import type { Budget } from './budget.ts';
import { TurnAccount } from './turn-account.ts';
import { UsageLedger } from './usage-ledger.ts';

export type BudgetKeeperOptions = {
  /** Those of the agent, as its OrchestrationStateManager has them. */
  readonly sessions: Pick<SessionManager<OrchestrationState>, 'parts'>;
  readonly agentId: string;
  readonly budget: Budget;
};

/**
 * Keeps an agent's turns to its budget: `admission` says whether the next one may begin, `account` counts what one uses.
 * Without `perOwner` neither asks the storage for anything.
 */
export class BudgetKeeper {
  readonly #options: BudgetKeeperOptions;
  readonly #ledger: UsageLedger | null;

  constructor(options: BudgetKeeperOptions) {
    const { sessions, agentId, budget } = options;
    const windowMs = budget.perOwner?.windowMs;
    this.#options = options;
    this.#ledger = windowMs === undefined ? null : new UsageLedger({ parts: sessions.parts, agentId, windowMs });
  }

  /** For one request of the owner: what they have spent is asked for at once, so that it is there when it is needed. */
  admission(owner: string): Admission {
    const { sessions, budget } = this.#options;
    const ledger = this.#ledger;
    const read = async () => (ledger === null ? [] : ledger.read(owner));
    return new Admission({ budget, read, now: () => sessions.parts.now() });
  }

  /** For one turn; null where nothing is to be counted beside the session's own state. */
  account(owner: string): TurnAccount | null {
    const { parts } = this.#options.sessions;
    const ledger = this.#ledger;
    if (ledger === null) return null;
    return new TurnAccount({ append: (spendings) => ledger.append(owner, spendings), now: () => parts.now() });
  }
}
