import Link from 'next/link';
import type { AgentCard } from '../agents/index.ts';

export type RoomBarProps = {
  readonly card: Pick<AgentCard, 'id' | 'title'>;
  readonly isPanelOpen: boolean;
  readonly onTogglePanel: () => void;
};

const barButton = 'rounded-lg border border-line px-3 py-1.5 text-sm whitespace-nowrap hover:border-ink-soft';

/** Who is spoken with, the way to a new session and, on a small screen, to the room panel. */
export function RoomBar({ card, isPanelOpen, onTogglePanel }: RoomBarProps) {
  return (
    <div className="px-4 py-3 sm:px-6 lg:py-5">
      <div className="mx-auto flex max-w-[44rem] items-center gap-2">
        <h1 className="mr-auto font-display text-xl leading-tight">{card.title}</h1>
        <Link href={`/${card.id}`} prefetch={false} className={`${barButton} xl:hidden`}>
          New session
        </Link>
        <button
          type="button"
          aria-expanded={isPanelOpen}
          aria-controls="room"
          onClick={onTogglePanel}
          className={`${barButton} lg:hidden`}
        >
          {isPanelOpen ? 'Chat' : 'Room'}
        </button>
      </div>
    </div>
  );
}
