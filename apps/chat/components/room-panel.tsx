import type { ClientView, WorkflowArrow } from '@stateroom/orchestration';
import type { ReactNode } from 'react';
import type { AgentCard } from '../agents/index.ts';
import { type ChatMessage, succeededTools } from '../lib/chat-message.ts';
import type { SessionHistory } from '../lib/session-history.ts';
import { LifeSpan } from './life-span.tsx';
import { RoomData } from './room-data.tsx';
import { StepList } from './step-list.tsx';
import { TokenChart } from './token-chart.tsx';
import { type TurnActions, TurnTimeline } from './turn-timeline.tsx';

export type RoomPanelProps = {
  readonly card: AgentCard;
  readonly arrows: readonly WorkflowArrow[];
  /** Null in a session that has not begun. */
  readonly view: ClientView | null;
  readonly history: SessionHistory;
  readonly messages: readonly ChatMessage[];
  readonly actions: TurnActions | null;
  readonly isBusy: boolean;
  readonly isGone: boolean;
};

/** What the server keeps of this session: where the agent is, what it used, what it cost, and how it came here. */
export function RoomPanel({ card, arrows, view, history, messages, actions, isBusy, isGone }: RoomPanelProps) {
  const recent = view?.recentlyUsedTools ?? [];
  const activeStep = view?.activeStep ?? card.defaultStep;
  const succeeded = succeededTools(messages);
  return (
    <div className="space-y-9">
      <Part id="room-workflow" title="Workflow">
        <StepList steps={card.steps} {...{ arrows, activeStep, succeeded, isBusy }} />
      </Part>
      {view !== null && <RoomData data={view.data} effects={view.effects} />}
      <Part id="room-tools" title="Recently used tools">
        {recent.length === 0 && <p className="text-sm text-ink-soft">None yet.</p>}
        <ol aria-label="Newest first" className="space-y-1.5 font-mono text-[0.8125rem]">
          {recent.map((tool) => (
            <li key={tool}>{tool}</li>
          ))}
        </ol>
      </Part>
      <Part id="room-turns" title="Turns">
        <TokenChart turns={history.turns} />
        <TurnTimeline turns={history.turns} messages={history.messages} actions={actions} />
      </Part>
      <Part id="room-count" title="So far">
        <Counts view={view} />
      </Part>
      {history.version !== null && (
        <Part id="room-life" title="Kept for">
          <LifeSpan expiresAt={history.expiresAt} isGone={isGone} />
        </Part>
      )}
    </div>
  );
}

type PartProps = { readonly id: string; readonly title: string; readonly children: ReactNode };

function Part({ id, title, children }: PartProps) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="mb-3 font-display text-xl">
        {title}
      </h2>
      {children}
    </section>
  );
}

function Counts({ view }: Pick<RoomPanelProps, 'view'>) {
  const usage = view?.cumulativeTokenUsage;
  return (
    <dl className="divide-y divide-line text-sm">
      <Count term="Turns" value={view?.turnCount ?? 0} />
      <Count term="Tokens read" value={usage?.inputTokens ?? 0} />
      <Count term="Tokens written" value={usage?.outputTokens ?? 0} />
      <Count term="Tokens in total" value={usage?.totalTokens ?? 0} />
    </dl>
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
