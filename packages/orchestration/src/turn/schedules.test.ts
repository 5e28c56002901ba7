import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../../../core/src/testing/seed.ts';
import { anyFault } from '../testing/schedules/faults.ts';
import {
  anyCallers,
  anyOperation,
  anyOperationWithDeletions,
  anyOperationWithRewinds,
} from '../testing/schedules/operations.ts';
import { perform } from '../testing/schedules/perform.ts';

const processes = 3;
/** Give SEED to play the same schedules again, and RUNS for more of them. */
const numRuns = Number(process.env['RUNS'] ?? 200);

describe(`turns, in whatever order the storage answers, and whatever goes wrong (SEED=${seed})`, () => {
  const happened = new Set<string>();

  it.each([
    { name: 'for callers who do not wait for each other', operation: anyOperation },
    { name: 'also where some take the session back', operation: anyOperationWithRewinds },
    { name: 'also where some delete the session', operation: anyOperationWithDeletions },
  ])('keep what they promise $name', async ({ operation }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        anyCallers(operation, processes),
        fc.array(anyFault(processes), { maxLength: 6 }),
        async (scheduler, callers, faults) => {
          const { faults: found, outcomes } = await perform(scheduler, { callers, faults });
          expect(found).toEqual([]);
          for (const outcome of outcomes) happened.add(outcome);
        },
      ),
      { numRuns, seed },
    );
  });

  // Of all together: the rarer ones do not come in each two hundred.
  it('come, with those before, to every end that there is', () => {
    const ways = ['ended', 'running', 'finished', 'refused', 'withdrawn', 'steered', 'stopped', 'LEASE_LOST'];
    const answered = ['ended', 'refused', 'NOT_PENDING'].map((way) => `answer: ${way}`);
    expect([...happened]).toEqual(expect.arrayContaining([...ways.map((way) => `begin: ${way}`), ...answered]));
  });
});
