import type { ReactNode } from 'react';
import { RoomsFrame } from '../../components/rooms-frame.tsx';
import { getServices } from '../../lib/services.ts';

/** What stays when one goes from session to session: the header, and the list of one's own. */
export default async function RoomsLayout({ children }: { readonly children: ReactNode }) {
  const cards = getServices().agents.map(({ card }) => ({ id: card.id, title: card.title }));
  return (
    <div className="flex h-dvh flex-col">
      <a
        href="#conversation"
        className="absolute top-2 left-2 z-10 -translate-y-16 rounded-lg bg-sea px-4 py-2 text-sm font-semibold text-on-sea focus:translate-y-0"
      >
        Skip to the conversation
      </a>
      <RoomsFrame cards={cards}>{children}</RoomsFrame>
    </div>
  );
}
