import type { SessionSummary } from '@stateroom/ai-sdk/client';
import Link, { useLinkStatus } from 'next/link';
import { relativeTime } from '../lib/relative-time.ts';
import { Porthole } from './porthole.tsx';

export type SessionEntryProps = {
  readonly session: SessionSummary;
  readonly agentTitle: string;
  readonly isCurrent: boolean;
  /** Null where it is not known yet. */
  readonly now: number | null;
  readonly onDelete: () => void;
};

/** One session in the list: what it is about, with whom, and how long ago. */
export function SessionEntry({ session, agentTitle, isCurrent, now, onDelete }: SessionEntryProps) {
  const { sessionId, agentId, title, updatedAt, forkOf } = session;
  const name = title ?? 'Untitled';
  return (
    <li className="group relative flex items-start gap-1 rounded-lg hover:bg-recess has-aria-[current]:bg-tide">
      <Link
        href={`/${agentId}/${sessionId}`}
        prefetch={false}
        aria-current={isCurrent ? 'page' : undefined}
        className="grid min-w-0 flex-1 grid-cols-[0.875rem_minmax(0,1fr)] gap-x-2 rounded-lg px-2 py-2 -outline-offset-2"
      >
        <Lamp isLit={isCurrent} />
        <span className="min-w-0">
          <span dir="auto" className="line-clamp-2 text-sm leading-snug wrap-anywhere">
            {name}
          </span>
          <span className="mt-0.5 block text-xs text-ink-soft">
            {agentTitle}
            {now !== null && ` · ${relativeTime(updatedAt, now)}`}
            {forkOf !== null && ' · fork'}
          </span>
        </span>
      </Link>
      <button
        type="button"
        aria-label={`Delete “${name}”`}
        onClick={onDelete}
        className="mt-1 mr-1 rounded-md px-2 py-1 text-ink-soft opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 hover:text-alarm focus-visible:opacity-100 [@media(hover:none)]:opacity-100"
      >
        <span aria-hidden="true">✕</span>
      </button>
    </li>
  );
}

/** Breathes while the session is opened. */
function Lamp({ isLit }: { readonly isLit: boolean }) {
  const { pending } = useLinkStatus();
  return <Porthole isLit={isLit || pending} isBusy={pending} className="mt-0.5 size-3.5" />;
}
