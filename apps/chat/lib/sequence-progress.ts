import type { StepCard } from '../agents/index.ts';

/**
 * How many tools of a step's sequence are done, by the calls that succeeded in the conversation, oldest first. It counts
 * from the last call that the step does not allow, since that was before the step was entered.
 */
export function sequenceProgress(
  { tools, sequence }: Pick<StepCard, 'tools' | 'sequence'>,
  succeeded: readonly string[],
): number {
  const before = succeeded.findLastIndex((tool) => !tools.includes(tool));
  let done = 0;
  for (const tool of succeeded.slice(before + 1)) if (tool === sequence[done]) done += 1;
  return done;
}
