'use client';

import { span } from '../lib/relative-time.ts';
import { useNow } from '../lib/use-browser.ts';

export type LifeSpanProps = {
  /** Null: it is kept for good. */
  readonly expiresAt: number | null;
  /** Whether it is there still. */
  readonly isGone: boolean;
};

const secondMs = 1000;
const soonMs = 60 * 60 * secondMs;

/** How long the session is kept, counting down. */
export function LifeSpan({ expiresAt, isGone }: LifeSpanProps) {
  const now = useNow(secondMs);
  if (isGone) return <p className="text-sm text-ink-soft">It is not kept any more.</p>;
  if (expiresAt === null) return <p className="text-sm text-ink-soft">It is kept for good.</p>;
  if (now === null) return <p className="text-sm text-ink-soft">&nbsp;</p>;
  const leftMs = Math.max(0, expiresAt - now);
  const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(expiresAt);
  return (
    <p className="text-sm leading-relaxed text-ink-soft">
      <span role="timer" className={`text-base tabular-nums ${leftMs < soonMs ? 'text-alarm' : 'text-ink'}`}>
        {span(leftMs)}
      </span>
      <br />
      until {day}, and again as long after each turn.
    </p>
  );
}
