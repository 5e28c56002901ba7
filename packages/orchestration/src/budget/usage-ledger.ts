import { type Check, type SessionParts, StateroomError } from '@stateroom/core';
import { compacted, Spending } from './spending.ts';

type Parts = Pick<SessionParts<unknown, never>, 'ledgerKeys' | 'commit' | 'mint' | 'now'>;

export type UsageLedgerOptions = {
  readonly parts: Parts;
  readonly agentId: string;
  readonly windowMs: number;
};

/** Each time that so many items have come, those that are of no more use are looked for. */
const tidyEvery = 128;

/** Longer than anybody takes from reading a ledger to rewriting it. */
const generationLivesMs = 60 * 60_000;

/**
 * What each owner has spent with an agent: an append-only list of its own, which any number of turns, in any number of
 * processes, add to without a check. An item that comes twice counts once. It is gone when nothing was spent for as long
 * as the window.
 *
 * The list only grows, until it is made shorter: then its generation becomes another one. So length and generation
 * together are its version.
 */
export class UsageLedger {
  readonly #options: UsageLedgerOptions;

  constructor(options: UsageLedgerOptions) {
    this.#options = options;
  }

  /** All that is there, in one round trip. It may be old, or there twice: see `within`. */
  async read(owner: string): Promise<readonly Spending[]> {
    return (await this.#read(owner)).spendings;
  }

  /** Adds them. It may be called again with the same, when it is not known whether it did. */
  async append(owner: string, spendings: readonly Spending[]): Promise<void> {
    const { parts, windowMs } = this.#options;
    const { list: key } = await this.#keys(owner);
    const items = spendings.map((spending) => JSON.stringify(spending));
    const { snapshot } = await parts.commit({
      checks: [],
      changes: [{ type: 'append', key, items, ttlMs: windowMs }],
      reads: { lists: [{ key, end: 0 }] },
    });
    const length = snapshot.lists[0]?.length ?? 0;
    if (length % tidyEvery < items.length) await this.#tidy(owner);
  }

  /** Puts what counts in place of all there is, unless somebody has changed it since: then it is left to the next. */
  async #tidy(owner: string): Promise<void> {
    const { parts, windowMs } = this.#options;
    const { list, generation } = await this.#keys(owner);
    const seen = await this.#read(owner);
    const left = compacted(seen.spendings, { now: parts.now(), windowMs, mint: () => parts.mint() });
    if (left.length === 0 || left.length * 2 > seen.spendings.length) return;
    await parts.commit({
      checks: seen.checks,
      changes: [
        { type: 'truncate', key: list, length: 0 },
        { type: 'append', key: list, items: left.map((spending) => JSON.stringify(spending)), ttlMs: windowMs },
        { type: 'set', key: generation, value: '', version: parts.mint(), ttlMs: generationLivesMs },
      ],
    });
  }

  /** By a commit, which sees the newest on each storage. */
  async #read(owner: string): Promise<{ readonly spendings: readonly Spending[]; readonly checks: readonly Check[] }> {
    const { list, generation } = await this.#keys(owner);
    const reads = { entries: [generation], lists: [{ key: list }] };
    const { snapshot } = await this.#options.parts.commit({ checks: [], changes: [], reads });
    const { items, length } = snapshot.lists[0] ?? { items: [], length: 0 };
    return {
      spendings: items.map(parsed),
      checks: [
        { key: list, length },
        { key: generation, version: snapshot.entries[0]?.version ?? null },
      ],
    };
  }

  #keys(owner: string) {
    return this.#options.parts.ledgerKeys({ owner, agentId: this.#options.agentId });
  }
}

function parsed(item: string): Spending {
  const result = Spending.safeParse(fromJson(item));
  if (result.success) return result.data;
  throw new StateroomError(
    'INVALID_STATE',
    'what is stored of an owner’s spending is not valid; it was left as it is',
    {
      path: 'ledger',
    },
  );
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
