import type { TurnSummary } from '@stateroom/ai-sdk/client';

export type TokenChartProps = { readonly turns: readonly TurnSummary[] };

const shownTurns = 24;

/** What each of the last turns has cost, a bar for each: what the model read, and on top what it wrote. */
export function TokenChart({ turns }: TokenChartProps) {
  const first = Math.max(0, turns.length - shownTurns);
  const bars = turns.slice(first).map(({ turnId, usage }, index) => ({
    turnId,
    number: first + index + 1,
    read: usage?.inputTokens ?? 0,
    written: usage?.outputTokens ?? 0,
  }));
  const most = Math.max(...bars.map(({ read, written }) => read + written));
  if (bars.length === 0 || most === 0) return null;
  return (
    <figure className="mb-4">
      <figcaption className="mb-2 flex flex-wrap items-baseline gap-x-4 text-sm text-ink-soft">
        <span className="mr-auto">Tokens per turn</span>
        <Key tone="bg-sea">read</Key>
        <Key tone="bg-glow">written</Key>
      </figcaption>
      <ol aria-label="Tokens per turn" className="flex h-20 items-end gap-1 border-b border-line">
        {bars.map(({ turnId, number, read, written }) => {
          const words = `Turn ${number}: ${read.toLocaleString('en')} read, ${written.toLocaleString('en')} written`;
          return (
            <li key={turnId} title={words} className="flex h-full max-w-6 min-w-1 flex-1 flex-col justify-end">
              <span className="sr-only">{words}</span>
              <span aria-hidden="true" className="min-h-0.5 rounded-t-sm bg-glow" style={heightOf(written, most)} />
              <span aria-hidden="true" className="bg-sea" style={heightOf(read, most)} />
            </li>
          );
        })}
      </ol>
      <p className="mt-1 text-xs text-ink-soft tabular-nums">{`The tallest: ${most.toLocaleString('en')}`}</p>
    </figure>
  );
}

function Key({ tone, children }: { readonly tone: string; readonly children: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span aria-hidden="true" className={`size-2.5 rounded-sm ${tone}`} />
      {children}
    </span>
  );
}

function heightOf(part: number, most: number) {
  return { height: `${(part / most) * 100}%` };
}
