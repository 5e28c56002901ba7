import { createId, refuseUnless } from '@stateroom/core';
import { maySendAgainMs, type Spending } from './spending.ts';

type AccountOptions = {
  readonly append: (spendings: readonly Spending[]) => Promise<void>;
  readonly now: () => number;
};

/** What one turn spends, on its way into its owner's ledger. */
export class TurnAccount {
  readonly #options: AccountOptions;
  #counted = 0;
  #unsent: readonly Spending[] = [];

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  /**
   * Stores what the turn has used since it was last told; `totalTokens` is of the whole turn so far. What could not be
   * stored goes along with the next call, and counts once, whatever came of it before. INVALID for what is no count.
   */
  async settle(totalTokens: number): Promise<void> {
    refuseUnless(Number.isSafeInteger(totalTokens) && totalTokens >= 0, 'totalTokens', 'is no whole number from 0');
    const tokens = totalTokens - this.#counted;
    const at = this.#options.now();
    const unsent = this.#unsent.filter((spending) => at - spending.at < maySendAgainMs / 2);
    this.#unsent = tokens > 0 ? [...unsent, { id: createId(), at, tokens }] : unsent;
    this.#counted = Math.max(this.#counted, totalTokens);
    const sent = this.#unsent;
    if (sent.length === 0) return;
    await this.#options.append(sent);
    this.#unsent = this.#unsent.filter((spending) => !sent.includes(spending));
  }
}
