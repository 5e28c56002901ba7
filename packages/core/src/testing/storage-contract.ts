import type { StorageProvider } from '../storage/provider.ts';
import { answerClauses } from './clauses/answers.ts';
import { atomicityClauses } from './clauses/atomicity.ts';
import type { Clause } from './clauses/clause.ts';
import { isolationClauses } from './clauses/isolation.ts';
import { kindClauses } from './clauses/kinds.ts';
import { lifeSpanClauses } from './clauses/life-span.ts';
import { lifecycleClauses } from './clauses/lifecycle.ts';
import { listClauses } from './clauses/lists.ts';
import { scanClauses } from './clauses/scan.ts';
import { sizeClauses } from './clauses/sizes.ts';

/** The contract of StorageProvider, clause by clause. */
export const storageClauses: readonly Clause[] = [
  ...atomicityClauses,
  ...answerClauses,
  ...lifeSpanClauses,
  ...listClauses,
  ...isolationClauses,
  ...kindClauses,
  ...scanClauses,
  ...sizeClauses,
  ...lifecycleClauses,
];

/** The test functions of any runner: vitest's, node:test's, jest's. */
export type ContractRunner = {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, test: () => Promise<void>, timeoutMs?: number) => unknown;
  /** Lets the provider's clock go on by so many milliseconds. By default it really waits. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** For each clause, where the runner's own would be short: one moves 100,000 items. Not for node:test. */
  readonly timeoutMs?: number;
};

/**
 * Runs the whole contract against a provider. `create` makes a new, empty one for each clause, which closes it.
 *
 * @example
 * describeStorage('memory', () => memoryStorage(), { describe, it });
 */
export function describeStorage(
  name: string,
  create: () => StorageProvider | Promise<StorageProvider>,
  { describe, it, sleep = wait, timeoutMs }: ContractRunner,
): void {
  describe(`${name} keeps the storage contract`, () => {
    for (const clause of storageClauses) {
      const test = async () => {
        await using storage = await create();
        await clause.test(storage, { sleep, create });
      };
      if (timeoutMs === undefined) it(clause.name, test);
      else it(clause.name, test, timeoutMs);
    }
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
