import type { ClientView } from '@stateroom/orchestration';
import type { AgentCard } from '../agents/index.ts';
import { RoomData } from './room-data.tsx';
import { StepList } from './step-list.tsx';

export type RoomPanelProps = {
  readonly card: AgentCard;
  /** Null in a session that has not begun. */
  readonly view: ClientView | null;
  /** The tools that succeeded in this session, oldest call first. */
  readonly succeeded: readonly string[];
  readonly isBusy: boolean;
};

/** What the server keeps of this session: where the agent is, what it used, what it cost. */
export function RoomPanel({ card, view, succeeded, isBusy }: RoomPanelProps) {
  const usage = view?.cumulativeTokenUsage;
  const recent = view?.recentlyUsedTools ?? [];
  return (
    <div className="space-y-9">
      <section aria-labelledby="room-workflow">
        <h2 id="room-workflow" className="mb-4 font-display text-xl">
          Workflow
        </h2>
        <StepList steps={card.steps} {...{ succeeded, isBusy }} activeStep={view?.activeStep ?? card.defaultStep} />
      </section>
      {view !== null && <RoomData data={view.data} effects={view.effects} />}
      <section aria-labelledby="room-tools">
        <h2 id="room-tools" className="mb-2 font-display text-xl">
          Recently used tools
        </h2>
        {recent.length === 0 && <p className="text-sm text-ink-soft">None yet.</p>}
        <ol aria-label="Newest first" className="space-y-1.5 font-mono text-[0.8125rem]">
          {recent.map((tool) => (
            <li key={tool}>{tool}</li>
          ))}
        </ol>
      </section>
      <section aria-labelledby="room-count">
        <h2 id="room-count" className="mb-2 font-display text-xl">
          So far
        </h2>
        <dl className="divide-y divide-line text-sm">
          <Count term="Turns" value={view?.turnCount ?? 0} />
          <Count term="Tokens read" value={usage?.inputTokens ?? 0} />
          <Count term="Tokens written" value={usage?.outputTokens ?? 0} />
          <Count term="Tokens in total" value={usage?.totalTokens ?? 0} />
        </dl>
      </section>
    </div>
  );
}

function Count({ term, value }: { readonly term: string; readonly value: number }) {
  return (
    <div className="flex justify-between gap-4 py-2">
      <dt className="text-ink-soft">{term}</dt>
      <dd className="tabular-nums">{value.toLocaleString('en')}</dd>
    </div>
  );
}
