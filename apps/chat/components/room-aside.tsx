'use client';

import type { TurnSummary } from '@stateroom/ai-sdk/client';
import type { WorkflowArrow } from '@stateroom/orchestration';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { AgentCard } from '../agents/index.ts';
import type { Conversation } from '../lib/use-conversation.ts';
import type { Session } from '../lib/use-session.ts';
import { useOwnSessions } from '../lib/use-session-list.tsx';
import { RewindDialog } from './rewind-dialog.tsx';
import { RoomPanel } from './room-panel.tsx';

export type RoomAsideProps = {
  readonly className: string;
  readonly card: AgentCard;
  readonly arrows: readonly WorkflowArrow[];
  readonly sessionId: string;
  readonly session: Session;
  readonly conversation: Conversation;
};

type Goal = { readonly turn: TurnSummary | null };

/** The room panel, and what one does from there: going back, and forking. */
export function RoomAside({ className, card, arrows, sessionId, session, conversation }: RoomAsideProps) {
  const { history } = session;
  const { phase, messages, view } = conversation;
  const [goal, setGoal] = useState<Goal | null>(null);
  const { fork, hasFailed } = useFork(card.id, sessionId, session);
  const actions = phase === 'gone' ? null : { onGoBack: (turn: Goal['turn']) => setGoal({ turn }), onFork: fork };
  const place = goal?.turn == null ? -1 : history.turns.findIndex(({ turnId }) => turnId === goal.turn?.turnId);
  return (
    <aside
      id="room"
      aria-label="The room"
      // It scrolls on its own, by the keyboard too.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={`overflow-y-auto border-line p-4 -outline-offset-2 sm:p-6 lg:col-start-2 lg:row-span-2 lg:row-start-1 lg:border-l lg:bg-bulkhead ${className}`}
    >
      <div role="alert" className="mb-4 rounded-lg bg-alarm-wash p-3 text-sm empty:hidden">
        {hasFailed && 'The session could not be forked just now. Try again in a moment.'}
      </div>
      <RoomPanel
        {...{ card, arrows, history, messages, view, actions }}
        isBusy={phase === 'waiting' || phase === 'streaming'}
        isGone={phase === 'gone'}
      />
      {goal !== null && (
        <RewindDialog
          session={session}
          sessionId={sessionId}
          turnId={goal.turn?.turnId ?? null}
          goneCount={history.turns.length - place - 1}
          onClose={() => setGoal(null)}
        />
      )}
    </aside>
  );
}

/** Makes a session of its own of all up to a turn, and opens it. */
function useFork(agentId: string, sessionId: string, { sessions }: Session) {
  const router = useRouter();
  const own = useOwnSessions();
  const [hasFailed, setHasFailed] = useState(false);
  const forkAt = async ({ turnId }: TurnSummary) => {
    setHasFailed(false);
    try {
      const forkId = await sessions.fork(sessionId, { turnId });
      own.tell();
      router.push(`/${agentId}/${forkId}`);
    } catch {
      setHasFailed(true);
    }
  };
  return { hasFailed, fork: (turn: TurnSummary) => void forkAt(turn) };
}
