import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertOwnerBudget, assertSessionBudget, Budget } from './budget.ts';
import { compacted, freesAt, type Spending, tokensOf, within } from './spending.ts';

const hourMs = 60 * 60_000;
const at = (time: number, tokens: number, id = `${time}`): Spending => ({ id, at: time, tokens });

describe('what was spent within a window', () => {
  it.each([
    ['nothing', [], 0],
    ['all of it', [at(950, 1), at(1000, 2)], 3],
    ['not what is just as old as the window', [at(900, 1), at(901, 2)], 2],
    ['one that is there twice, once', [at(950, 5, 'a'), at(960, 1), at(950, 5, 'a')], 6],
    ['what a clock ahead of this one has written', [at(1010, 4)], 4],
  ])('is %s', (_, spendings, tokens) => {
    expect(tokensOf(within(spendings, { now: 1000, windowMs: 100 }))).toBe(tokens);
  });
});

describe('a budget', () => {
  it.each([
    ['has room with nothing spent', [], null],
    ['has room below the limit', [at(950, 9)], null],
    ['frees when the only spending leaves the window', [at(950, 10)], 1050],
    ['frees with the first that makes room', [at(920, 1), at(930, 2), at(940, 9)], 1030],
    ['frees by the order of time, not of the list', [at(960, 10), at(920, 3)], 1060],
    ['frees with the newest, which is too much by itself', [at(920, 3), at(960, 30)], 1060],
    ['counts what is there twice once', [at(950, 6, 'a'), at(950, 6, 'a')], null],
  ])('%s', (_, spendings, expected) => {
    expect(freesAt(spendings, { now: 1000, windowMs: 100, tokens: 10 })).toBe(expected);
  });

  it('refuses with the time, a session’s for ever', () => {
    const budget = Budget.parse({ perSession: { tokens: 10 }, perOwner: { tokens: 10, windowMs: 100 } });
    const used = (totalTokens: number) => ({
      cumulativeTokenUsage: { inputTokens: 0, outputTokens: 0, totalTokens, cachedInputTokens: 0, reasoningTokens: 0 },
    });
    const refusal = (check: () => void) => {
      try {
        check();
        return null;
      } catch (error) {
        return error;
      }
    };
    expect(refusal(() => assertSessionBudget(budget, used(9)))).toBeNull();
    const perSession = { code: 'BUDGET', path: 'budget.perSession', freesAt: null };
    expect(refusal(() => assertSessionBudget(budget, used(10)))).toMatchObject(perSession);
    expect(refusal(() => assertSessionBudget({}, used(10)))).toBeNull();
    expect(refusal(() => assertOwnerBudget(budget, [at(950, 9)], 1000))).toBeNull();
    const perOwner = { code: 'BUDGET', path: 'budget.perOwner', freesAt: 1050 };
    expect(refusal(() => assertOwnerBudget(budget, [at(950, 10)], 1000))).toMatchObject(perOwner);
  });

  const spendings = fc.uniqueArray(
    fc.record({ id: fc.string({ minLength: 1 }), at: fc.nat(1000), tokens: fc.nat(50) }),
    { selector: ({ id }) => id },
  );

  it('has room at the time that it tells, and not a moment before', () => {
    fc.assert(
      fc.property(
        spendings,
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 1000 }),
        (all, windowMs, tokens) => {
          const time = freesAt(all, { now: 1000, windowMs, tokens });
          const spentAt = (now: number) => tokensOf(within(all, { now, windowMs }));
          expect(spentAt(time ?? 1000)).toBeLessThan(tokens);
          expect(time === null || (time > 1000 && spentAt(time - 1) >= tokens)).toBe(true);
        },
      ),
    );
  });
});

describe('a ledger that is made shorter', () => {
  const windowMs = 64 * hourMs;
  const now = 1000 * hourMs;
  const unique = fc
    .array(fc.record({ at: fc.integer({ min: now - windowMs - hourMs, max: now }), tokens: fc.nat(50) }), {
      maxLength: 300,
    })
    .map((all) => all.map((one, index) => ({ ...one, id: `${index}` })));
  let minted = 0;
  const shorter = (all: readonly Spending[], time = now) =>
    compacted(all, { now: time, windowMs, mint: () => `sum ${minted++}` });

  it('counts no less than before at any time, and nothing for longer than a part of the window', () => {
    fc.assert(
      fc.property(unique, fc.array(fc.nat(windowMs), { minLength: 5 }), (all, waits) => {
        for (const time of waits.map((wait) => now + wait)) {
          const kept = tokensOf(within(shorter(shorter(all)), { now: time, windowMs }));
          expect(kept).toBeGreaterThanOrEqual(tokensOf(within(all, { now: time, windowMs })));
          // What was out of the window when it was made shorter is gone, however late that was.
          const longer = within(all, { now: time - hourMs, windowMs });
          expect(kept).toBeLessThanOrEqual(tokensOf(longer));
        }
      }),
    );
  });

  it('has no more items than the window has parts, beside those of the last hour, however often it is done', () => {
    let all: readonly Spending[] = [];
    for (let minute = 0; minute < 3 * 64 * 60; minute++) {
      all = [...all, at(now + minute * 60_000, 1, `minute ${minute}`)];
      if (minute % 100 === 0) all = shorter(all, now + minute * 60_000);
      expect(all.length).toBeLessThan(65 + 1 + 60 + 100);
    }
  });

  it('keeps what may come again as it is, so that it still counts once', () => {
    const [recent, old] = [at(now - 1000, 5, 'r'), [at(now - 2 * hourMs, 1, 'a'), at(now - 2 * hourMs, 2, 'b')]];
    const left = shorter([...old, recent]);
    expect(left).toHaveLength(2);
    expect(tokensOf(within([...left, recent], { now, windowMs }))).toBe(8);
    expect(shorter([recent, recent])).toEqual([recent]);
  });
});
