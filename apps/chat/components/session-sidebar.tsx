'use client';

import type { SessionSummary } from '@stateroom/ai-sdk/client';
import Link from 'next/link';
import { useParams } from 'next/navigation';
import { type RefObject, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { AgentCard } from '../agents/index.ts';
import { useNow } from '../lib/use-browser.ts';
import { useOwnSessions, useSessionList } from '../lib/use-session-list.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { QuietButton } from './quiet-button.tsx';
import { SessionEntry } from './session-entry.tsx';

export type SessionSidebarProps = { readonly cards: readonly Pick<AgentCard, 'id' | 'title'>[] };

const minuteMs = 60_000;

/** The guest's own sessions with every agent, newest first. */
export function SessionSidebar({ cards }: SessionSidebarProps) {
  const { agentId, sessionId } = useParams<{ agentId: string; sessionId?: string }>();
  const own = useOwnSessions();
  const { sessions, hasOlder, hasFailed } = useSessionList(own);
  const [toDelete, setToDelete] = useState<SessionSummary | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const now = useNow(minuteMs);
  const close = (isDeleted: boolean) => {
    flushSync(() => setToDelete(null));
    // The row that had the focus is gone.
    if (isDeleted) heading.current?.focus();
  };
  return (
    <div className="flex h-full flex-col">
      <SidebarHead agentId={knownIn(cards, agentId)} heading={heading} />
      <Notice
        hasFailed={hasFailed}
        isEmpty={sessions?.length === 0 && !hasOlder}
        onRetry={() => void own.list.refresh()}
      />
      {sessions === null && !hasFailed && <Skeleton />}
      <ul aria-label="Sessions" className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
        {sessions?.map((session) => (
          <SessionEntry
            key={session.sessionId}
            session={session}
            agentTitle={titleIn(cards, session.agentId)}
            isCurrent={session.sessionId === sessionId}
            now={now}
            onDelete={() => setToDelete(session)}
          />
        ))}
        {hasOlder && <Older onShow={() => void own.list.showOlder()} />}
      </ul>
      {toDelete && <DeleteDialog session={toDelete} isCurrent={toDelete.sessionId === sessionId} onClose={close} />}
    </div>
  );
}

/** With whom a new session is begun: the agent of the page, if there is one of that name. */
function knownIn(cards: SessionSidebarProps['cards'], agentId: string): string {
  return (cards.find(({ id }) => id === agentId) ?? cards[0])?.id ?? agentId;
}

function titleIn(cards: SessionSidebarProps['cards'], agentId: string): string {
  return cards.find(({ id }) => id === agentId)?.title ?? agentId;
}

function Older({ onShow }: { readonly onShow: () => void }) {
  return (
    <li className="px-2 pt-2">
      <QuietButton onClick={onShow}>Older</QuietButton>
    </li>
  );
}

type SidebarHeadProps = { readonly agentId: string; readonly heading: RefObject<HTMLHeadingElement | null> };

function SidebarHead({ agentId, heading }: SidebarHeadProps) {
  return (
    <div className="flex items-center justify-between gap-2 px-4 pt-4 pb-2">
      <h2 ref={heading} tabIndex={-1} className="font-display text-lg">
        Your sessions
      </h2>
      <Link
        href={`/${agentId}`}
        prefetch={false}
        className="rounded-lg border border-line px-2.5 py-1 text-sm whitespace-nowrap hover:border-ink-soft"
      >
        New session
      </Link>
    </div>
  );
}

type NoticeProps = { readonly hasFailed: boolean; readonly isEmpty: boolean; readonly onRetry: () => void };

function Notice({ hasFailed, isEmpty, onRetry }: NoticeProps) {
  if (hasFailed)
    return (
      <div role="alert" className="mx-4 my-2 rounded-lg bg-alarm-wash p-3 text-sm">
        <p>Your sessions could not be read just now.</p>
        <QuietButton onClick={onRetry} className="-ml-1.5">
          Try again
        </QuietButton>
      </div>
    );
  if (!isEmpty) return null;
  return (
    <p className="px-4 py-2 text-sm leading-relaxed text-ink-soft">
      None yet. A session is kept from its first message on, and found here.
    </p>
  );
}

function Skeleton() {
  return (
    <div aria-hidden="true" className="space-y-4 px-4 py-2">
      {['w-4/5', 'w-3/5', 'w-2/3'].map((width) => (
        <div key={width} className="space-y-2">
          <div className={`lamp h-3.5 rounded bg-recess ${width}`} />
          <div className="lamp h-3 w-2/5 rounded bg-recess" />
        </div>
      ))}
    </div>
  );
}
