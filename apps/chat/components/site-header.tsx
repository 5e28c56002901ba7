import Link from 'next/link';
import type { ReactNode } from 'react';
import type { AgentCard } from '../agents/index.ts';
import { Porthole } from './porthole.tsx';

export type SiteHeaderProps = {
  readonly cards: readonly Pick<AgentCard, 'id' | 'title'>[];
  /** The agent whose page this is, null elsewhere. */
  readonly currentId: string | null;
  /** At the end of its first line. */
  readonly children?: ReactNode;
};

export function SiteHeader({ cards, currentId, children = null }: SiteHeaderProps) {
  return (
    <header className="flex flex-wrap items-center gap-x-8 border-b border-line px-4 pt-2 sm:flex-nowrap sm:px-6 sm:pt-0">
      <Link href="/" className="flex items-center gap-2 py-1 font-display text-lg sm:py-3">
        <Porthole isLit className="size-5" />
        Stateroom
      </Link>
      <nav aria-label="Agents" className="-mx-2 flex w-full max-sm:order-last flex-wrap max-[22rem]:-mx-1 sm:w-auto">
        {cards.map(({ id, title }) => (
          <Link
            key={id}
            href={`/${id}`}
            prefetch={false}
            aria-current={id === currentId ? 'page' : undefined}
            className="border-b-2 border-transparent px-2 py-2.5 text-sm whitespace-nowrap max-[22rem]:px-1 max-[22rem]:text-[0.78rem] text-ink-soft -outline-offset-2 hover:text-ink aria-[current]:border-brass aria-[current]:text-ink sm:py-4"
          >
            {title}
          </Link>
        ))}
      </nav>
      {children}
    </header>
  );
}
