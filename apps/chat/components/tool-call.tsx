import { type DynamicToolUIPart, getToolName, type ToolUIPart } from 'ai';
import type { ReactNode } from 'react';
import { Porthole } from './porthole.tsx';

const stateWords: Readonly<Partial<Record<ToolUIPart['state'], string>>> = {
  'input-streaming': 'preparing',
  'input-available': 'running',
  'output-available': 'done',
  'output-error': 'failed',
  'approval-requested': 'asks you',
  'approval-responded': 'answered',
  'output-denied': 'declined',
};

/** In place of the lamp of a call that is at work. The word beside it says the same. */
const endMarks: Readonly<Partial<Record<ToolUIPart['state'], ReactNode>>> = {
  'output-available': <EndMark sign="✓" tone="text-brass" />,
  'output-error': <EndMark sign="✕" tone="text-alarm" />,
  'output-denied': <EndMark sign="–" tone="text-ink-soft" />,
};

/** What the guest says to a call that asks: by the id of the question. */
export type OnAnswer = (approvalId: string, isApproved: boolean) => void;

export type ToolCallProps = {
  readonly part: ToolUIPart | DynamicToolUIPart;
  /** Null where nothing can be answered now. */
  readonly onAnswer: OnAnswer | null;
};

/** One tool call as it happens: its name and state on one line, what went in and came out behind it. */
export function ToolCall({ part, onAnswer }: ToolCallProps) {
  const isRunning = part.state === 'input-streaming' || part.state === 'input-available';
  const hasFailed = part.state === 'output-error';
  const endMark = endMarks[part.state];
  const isAsking = part.state === 'approval-requested';
  return (
    <details open={isAsking} className="group rounded-lg border border-line bg-bulkhead text-sm">
      <summary className="flex items-center gap-3 rounded-lg px-3.5 py-2.5 [&::-webkit-details-marker]:hidden">
        {endMark === undefined ? <Porthole isLit isBusy={isRunning} /> : endMark}
        <span className="font-mono text-[0.8125rem]">{getToolName(part)}</span>
        <span className={hasFailed ? 'text-alarm' : 'text-ink-soft'}>{stateWords[part.state] ?? part.state}</span>
        <span className="ml-auto text-ink-soft group-open:hidden">Show</span>
        <span className="ml-auto hidden text-ink-soft group-open:inline">Hide</span>
      </summary>
      <dl className="space-y-3 border-t border-line px-3.5 py-3">
        <Value term="Input" value={part.input} />
        {part.state === 'output-available' && <Value term="Output" value={part.output} />}
        {hasFailed && <Value term="Error" value={part.errorText} />}
        {part.state === 'output-denied' && <Value term="Why not" value={part.approval.reason} />}
      </dl>
      {isAsking && onAnswer !== null && (
        <Question tool={getToolName(part)} onAnswer={(isApproved) => onAnswer(part.approval.id, isApproved)} />
      )}
    </details>
  );
}

/** Nothing of the call has happened yet, and nothing will without a yes. */
function Question({ tool, onAnswer }: { readonly tool: string; readonly onAnswer: (isApproved: boolean) => void }) {
  const shape = 'rounded-full px-4 py-1.5 font-medium';
  return (
    <fieldset className="flex flex-wrap items-center gap-2 border-t border-line px-3.5 py-3">
      <legend className="sr-only">{`May ${tool} run?`}</legend>
      <span aria-hidden="true" className="mr-auto">
        May <span className="font-mono text-[0.8125rem]">{tool}</span> run?{' '}
        <span className="text-ink-soft">To write something else declines it.</span>
      </span>
      <button type="button" className={`${shape} border border-line hover:bg-recess`} onClick={() => onAnswer(false)}>
        Decline
      </button>
      <button
        type="button"
        className={`${shape} bg-brass text-bulkhead hover:opacity-90`}
        onClick={() => onAnswer(true)}
      >
        Approve
      </button>
    </fieldset>
  );
}

function Value({ term, value }: { readonly term: string; readonly value: unknown }) {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <div>
      <dt className="text-ink-soft">{term}</dt>
      <dd>
        <pre className="mt-1 max-h-64 overflow-auto rounded-md bg-recess px-3 py-2 font-mono text-xs leading-relaxed break-words whitespace-pre-wrap">
          {text}
        </pre>
      </dd>
    </div>
  );
}

function EndMark({ sign, tone }: { readonly sign: string; readonly tone: string }) {
  return (
    <span aria-hidden="true" className={`w-4 shrink-0 text-center font-semibold ${tone}`}>
      {sign}
    </span>
  );
}
