'use client';

import type { SessionSummary } from '@stateroom/ai-sdk/client';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useOwnSessions } from '../lib/use-session-list.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';

export type DeleteDialogProps = {
  readonly session: SessionSummary;
  readonly isCurrent: boolean;
  readonly onClose: (isDeleted: boolean) => void;
};

/** Asks before a session is deleted; whoever is in it goes on in a new one. */
export function DeleteDialog({ session, isCurrent, onClose }: DeleteDialogProps) {
  const { sessionId, agentId, title } = session;
  const own = useOwnSessions();
  const router = useRouter();
  const [state, setState] = useState<'asks' | 'deletes' | 'failed'>('asks');
  const confirm = async () => {
    setState('deletes');
    try {
      await own.list.delete(sessionId);
      own.tell();
      onClose(true);
      if (isCurrent) router.push(`/${agentId}`);
    } catch {
      setState('failed');
    }
  };
  return (
    <ConfirmDialog
      title="Delete this session?"
      act="Delete"
      isBusy={state === 'deletes'}
      onConfirm={() => void confirm()}
      onClose={() => onClose(false)}
    >
      <p className="wrap-anywhere">
        {title !== null && <span className="text-ink">“{title}” </span>}
        All that was said in it is gone then, for good and in every window.
      </p>
      {state === 'failed' && (
        <p role="alert" className="text-alarm">
          It could not be deleted just now. Try again in a moment.
        </p>
      )}
    </ConfirmDialog>
  );
}
