/** What was spent, as pure functions of items of which some may come twice and some may be old. */

import { z } from 'zod';

/** Tokens that were used by the time `at`, in epoch milliseconds. One of an id counts once, however often it is there. */
export const Spending = z.object({
  id: z.string().min(1),
  at: z.number(),
  tokens: z.int().min(0),
});
export type Spending = z.infer<typeof Spending>;

type Moment = { readonly now: number; readonly windowMs: number };

/** Those within the window that ends now, each once, oldest first. One of `windowMs` ago is just out of it. */
export function within(spendings: readonly Spending[], { now, windowMs }: Moment): readonly Spending[] {
  const live = spendings.filter(({ at }) => at > now - windowMs);
  return [...new Map(live.map((spending) => [spending.id, spending])).values()].toSorted((a, b) => a.at - b.at);
}

export function tokensOf(spendings: readonly Spending[]): number {
  return spendings.reduce((sum, { tokens }) => sum + tokens, 0);
}

/** When less than `tokens` will be spent within the window, if nothing else is; null where it is less now. */
export function freesAt(
  spendings: readonly Spending[],
  { tokens, ...moment }: Moment & { readonly tokens: number },
): number | null {
  const live = within(spendings, moment);
  let left = tokensOf(live);
  let at: number | null = null;
  for (const spending of live) {
    if (left < tokens) break;
    left -= spending.tokens;
    at = spending.at + moment.windowMs;
  }
  return at;
}

/** The window is kept in so many parts: what was spent in one of them may count for that much longer. */
const partsOfWindow = 64;

/** An item may be sent again, its reply being lost, for less than this. */
export const maySendAgainMs = 60 * 60_000;

/**
 * The same in fewer items: without those that are out of the window or there twice, and with those of one part of the
 * window as one, at the time of the newest. An item that may still come again keeps its id.
 */
export function compacted(
  spendings: readonly Spending[],
  { mint, ...moment }: Moment & { readonly mint: () => string },
): readonly Spending[] {
  const partMs = Math.ceil(moment.windowMs / partsOfWindow);
  const isRecent = ({ at }: Spending) => at > moment.now - maySendAgainMs;
  const partOf = (spending: Spending) => (isRecent(spending) ? spending.id : Math.floor(spending.at / partMs));
  return [...Map.groupBy(within(spendings, moment), partOf).values()].flatMap((part) => {
    const newest = part.at(-1);
    if (newest === undefined || part.length === 1) return part;
    return [{ id: mint(), at: newest.at, tokens: tokensOf(part) }];
  });
}
