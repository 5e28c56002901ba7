import type { StepCard } from '../agents/index.ts';
import { sequenceProgress } from '../lib/sequence-progress.ts';

export type StepToolsProps = {
  readonly step: StepCard;
  /** Null in a step that is not the active one. */
  readonly succeeded: readonly string[] | null;
};

/** What an agent may call in a step. */
export function StepTools({ step, succeeded }: StepToolsProps) {
  const { tools, sequence } = step;
  const done = succeeded === null ? null : sequenceProgress(step, succeeded);
  const isWaiting = done !== null && done < sequence.length;
  const others = tools.filter((tool) => !sequence.includes(tool));
  const tone = done === null || isWaiting ? 'text-ink-soft' : 'text-ink';
  return (
    <div className="mt-2 space-y-1 font-mono text-[0.8125rem] leading-relaxed">
      {sequence.length > 0 && <Sequence tools={sequence} done={done} />}
      {others.length > 0 && <p className={tone}>{`${sequence.length > 0 ? 'then also ' : ''}${others.join(', ')}`}</p>}
      {tools.length === 0 && <p className="font-sans text-ink-soft">no tools</p>}
    </div>
  );
}

/** Tools that come one after the other. Of those of the active step, the done ones are ticked off and the next is named. */
function Sequence({ tools, done }: { readonly tools: readonly string[]; readonly done: number | null }) {
  return (
    <ol aria-label="In this order" className="flex flex-wrap gap-x-2 text-ink-soft">
      {tools.map((tool, index) => {
        const isDone = done !== null && index < done;
        const isNext = index === done;
        return (
          <li key={`${index}-${tool}`} aria-current={isNext ? 'true' : undefined} className="whitespace-nowrap">
            {isDone && <span className="text-brass">✓ </span>}
            <span className={isNext ? 'font-semibold text-ink' : isDone ? 'line-through' : ''}>{tool}</span>
            {isDone && <span className="sr-only"> done</span>}
            {isNext && <span className="ml-1.5 font-sans text-brass">next</span>}
            {index < tools.length - 1 && <span aria-hidden="true"> →</span>}
          </li>
        );
      })}
    </ol>
  );
}
