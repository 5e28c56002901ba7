import { maxTtlMs, StateroomError } from '@stateroom/core';
import { z } from 'zod';
import type { OrchestrationState } from '../orchestration-state.ts';
import { freesAt, type Spending } from './spending.ts';

/**
 * How many tokens, of input and output together, an agent's sessions may use. A turn begins as long as something is
 * left, and is not cut off in the middle: so what is spent may be more, by the turns that are under way.
 */
export const Budget = z.strictObject({
  /** In all the turns of a session, also those that were taken back. */
  perSession: z.strictObject({ tokens: z.int().min(1) }).optional(),
  /** In all the sessions that an owner has with the agent, within any `windowMs`. */
  perOwner: z.strictObject({ tokens: z.int().min(1), windowMs: z.int().min(1).max(maxTtlMs) }).optional(),
});
export type Budget = z.infer<typeof Budget>;

/** BUDGET, without a time, when the session has nothing left. */
export function assertSessionBudget(
  { perSession }: Budget,
  { cumulativeTokenUsage }: Pick<OrchestrationState, 'cumulativeTokenUsage'>,
): void {
  if (perSession === undefined || cumulativeTokenUsage.totalTokens < perSession.tokens) return;
  const message = `the session has used up its ${perSession.tokens} tokens; begin a new one`;
  throw new StateroomError('BUDGET', message, { path: 'budget.perSession', freesAt: null });
}

/** BUDGET, with the time when there is room again, when the owner has nothing left. */
export function assertOwnerBudget({ perOwner }: Budget, spendings: readonly Spending[], now: number): void {
  const at = perOwner === undefined ? null : freesAt(spendings, { ...perOwner, now });
  if (perOwner === undefined || at === null) return;
  const message = `the ${perOwner.tokens} tokens of this time are used up; wait until ${new Date(at).toISOString()}`;
  throw new StateroomError('BUDGET', message, { path: 'budget.perOwner', freesAt: at });
}
