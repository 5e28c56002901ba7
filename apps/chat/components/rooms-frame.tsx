'use client';

import { useParams, usePathname } from 'next/navigation';
import { type ReactNode, useState } from 'react';
import { OwnSessionsProvider } from '../lib/use-session-list.tsx';
import { Drawer } from './drawer.tsx';
import { SessionSidebar } from './session-sidebar.tsx';
import { SiteHeader, type SiteHeaderProps } from './site-header.tsx';

export type RoomsFrameProps = { readonly cards: SiteHeaderProps['cards']; readonly children: ReactNode };

/** The header, and the guest's own sessions: beside the page where there is room for them, else in a drawer. */
export function RoomsFrame({ cards, children }: RoomsFrameProps) {
  const { agentId } = useParams<{ agentId: string }>();
  const pathname = usePathname();
  const [openedAt, setOpenedAt] = useState<string | null>(null);
  return (
    <OwnSessionsProvider>
      <SiteHeader cards={cards} currentId={agentId}>
        <button
          type="button"
          aria-haspopup="dialog"
          onClick={() => setOpenedAt(pathname)}
          className="ml-auto rounded-lg border border-line px-3 py-1.5 text-sm whitespace-nowrap hover:border-ink-soft xl:hidden"
        >
          Sessions
        </button>
      </SiteHeader>
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] xl:grid-cols-[17rem_minmax(0,1fr)]">
        <aside aria-label="Your sessions" className="min-h-0 border-r border-line max-xl:hidden">
          <SessionSidebar cards={cards} />
        </aside>
        <div className="flex min-h-0 flex-col">{children}</div>
      </div>
      <Drawer label="Your sessions" isOpen={openedAt === pathname} onClose={() => setOpenedAt(null)}>
        <SessionSidebar cards={cards} />
      </Drawer>
    </OwnSessionsProvider>
  );
}
