'use client';

import type { TurnSummary } from '@stateroom/ai-sdk/client';
import { useState } from 'react';
import type { ChatMessage } from '../lib/chat-message.ts';
import { QuietButton } from './quiet-button.tsx';
import { TurnEntry } from './turn-entry.tsx';

export type TurnTimelineProps = {
  /** Oldest first. */
  readonly turns: readonly TurnSummary[];
  readonly messages: readonly ChatMessage[];
  /** Null while nobody may go back or fork. */
  readonly actions: TurnActions | null;
};

export type TurnActions = {
  /** Null is before the first. */
  readonly onGoBack: (turn: TurnSummary | null) => void;
  readonly onFork: (turn: TurnSummary) => void;
};

const shownAtFirst = 8;

/** The turns of a session, newest first: what each was about, how it went, and the ways back. */
export function TurnTimeline({ turns, messages, actions }: TurnTimelineProps) {
  const [isWhole, setIsWhole] = useState(false);
  if (turns.length === 0) return <p className="text-sm text-ink-soft">None yet.</p>;
  const newestFirst = turns.toReversed();
  const shown = isWhole ? newestFirst : newestFirst.slice(0, shownAtFirst);
  return (
    <>
      <ol aria-label="Turns, newest first" reversed start={turns.length} className="divide-y divide-line">
        {shown.map((turn, index) => (
          <TurnEntry
            key={turn.turnId}
            turn={turn}
            number={turns.length - index}
            turns={turns}
            messages={messages}
            actions={actions}
          />
        ))}
      </ol>
      <div className="mt-2 -ml-1.5 flex flex-wrap gap-1">
        {shown.length < turns.length && (
          <QuietButton onClick={() => setIsWhole(true)}>{`All ${turns.length} turns`}</QuietButton>
        )}
        {actions !== null && (
          <QuietButton onClick={() => actions.onGoBack(null)}>Go back to before the first</QuietButton>
        )}
      </div>
    </>
  );
}
