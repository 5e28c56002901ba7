import type { TurnSummary } from '@stateroom/ai-sdk/client';
import type { ChatMessage } from '../lib/chat-message.ts';
import { duration } from '../lib/relative-time.ts';
import { isOpen, type StatusWords, statusWords, wordsOf } from '../lib/turn-words.ts';
import { QuietButton } from './quiet-button.tsx';
import type { TurnActions } from './turn-timeline.tsx';

export type TurnEntryProps = {
  readonly turn: TurnSummary;
  readonly number: number;
  readonly turns: readonly TurnSummary[];
  readonly messages: readonly ChatMessage[];
  readonly actions: TurnActions | null;
};

const tones: Readonly<Record<StatusWords['tone'], string>> = {
  fine: 'text-brass',
  quiet: 'text-ink-soft',
  alarm: 'text-alarm',
};

/** One turn in the timeline. */
export function TurnEntry({ turn, number, turns, messages, actions }: TurnEntryProps) {
  const { sign, words, tone } = statusWords[turn.status];
  const isLast = turn === turns.at(-1);
  const hasAnswer = turn.status === 'waiting' && !isOpen(turn, turns);
  return (
    <li className="py-3 text-sm first:pt-0">
      <p dir="auto" className="line-clamp-2 leading-snug wrap-anywhere">
        <span className="mr-1.5 text-ink-soft tabular-nums">{number}</span>
        {wordsOf(turn, messages)}
      </p>
      <p className="mt-1 flex flex-wrap gap-x-3 text-ink-soft">
        <span className={tones[tone]}>
          <span aria-hidden="true">{sign} </span>
          {hasAnswer ? 'waited for you' : words}
        </span>
        <span>{duration(turn.endedAt - turn.startedAt)}</span>
        {turn.usage !== null && <span>{`${turn.usage.totalTokens.toLocaleString('en')} tokens`}</span>}
        <StepChange turn={turn} />
      </p>
      <TurnTools tools={turn.tools} />
      {actions !== null && (
        <div className="mt-1 -ml-1.5 flex flex-wrap gap-1">
          {!isLast && (
            <QuietButton onClick={() => actions.onGoBack(turn)}>
              Go back to here<span className="sr-only">{`, turn ${number}`}</span>
            </QuietButton>
          )}
          <QuietButton onClick={() => actions.onFork(turn)}>
            Fork from here<span className="sr-only">{`, turn ${number}`}</span>
          </QuietButton>
        </div>
      )}
    </li>
  );
}

function StepChange({ turn: { activeStepBefore, activeStepAfter } }: Pick<TurnEntryProps, 'turn'>) {
  if (activeStepAfter === null || activeStepAfter === activeStepBefore) return null;
  return <span>{`${activeStepBefore ?? 'start'} → ${activeStepAfter}`}</span>;
}

function TurnTools({ tools }: Pick<TurnSummary, 'tools'>) {
  if (tools.length === 0) return null;
  return (
    <ul aria-label="Tools" className="mt-1 flex flex-wrap gap-x-3 font-mono text-[0.8125rem]">
      {tools.map(({ name, ok }, index) => (
        <li key={`${index}-${name}`} className={ok ? '' : 'text-alarm'}>
          {name}
          {!ok && ' failed'}
        </li>
      ))}
    </ul>
  );
}
