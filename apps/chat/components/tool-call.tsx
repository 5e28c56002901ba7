import { type DynamicToolUIPart, getToolName, type ToolUIPart } from 'ai';
import type { ReactNode } from 'react';
import { Porthole } from './porthole.tsx';

const stateWords: Readonly<Partial<Record<ToolUIPart['state'], string>>> = {
  'input-streaming': 'preparing',
  'input-available': 'running',
  'output-available': 'done',
  'output-error': 'failed',
};

/** In place of the lamp of a call that is at work. The word beside it says the same. */
const endMarks: Readonly<Partial<Record<ToolUIPart['state'], ReactNode>>> = {
  'output-available': <EndMark sign="✓" tone="text-brass" />,
  'output-error': <EndMark sign="✕" tone="text-alarm" />,
};

/** One tool call as it happens: its name and state on one line, what went in and came out behind it. */
export function ToolCall({ part }: { readonly part: ToolUIPart | DynamicToolUIPart }) {
  const isRunning = part.state === 'input-streaming' || part.state === 'input-available';
  const hasFailed = part.state === 'output-error';
  const endMark = endMarks[part.state];
  return (
    <details className="group rounded-lg border border-line bg-bulkhead text-sm">
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
      </dl>
    </details>
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
