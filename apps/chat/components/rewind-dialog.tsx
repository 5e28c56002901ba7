'use client';

import { ApiError } from '@stateroom/ai-sdk/client';
import { useState } from 'react';
import type { Session } from '../lib/use-session.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

export type RewindDialogProps = {
  readonly session: Pick<Session, 'sessions' | 'chat'>;
  readonly sessionId: string;
  /** The last turn that stays; null for none. */
  readonly turnId: string | null;
  /** How many turns will be gone. */
  readonly goneCount: number;
  readonly onClose: () => void;
};

const faults: Readonly<Record<string, string>> = {
  CONFLICT: 'A turn is running. Stop it first, or wait for its end.',
  NOT_FOUND: 'This session is no longer there.',
  INVALID: 'This turn is not there any more: another window has gone back already.',
};

/** Asks before a session is taken back. Where the state of then is not kept any more, the words alone can be. */
export function RewindDialog({ session, sessionId, turnId, goneCount, onClose }: RewindDialogProps) {
  const [isBusy, setIsBusy] = useState(false);
  const [code, setCode] = useState<string | null>(null);
  const keepState = code === 'NO_CHECKPOINT';
  const confirm = async () => {
    setIsBusy(true);
    try {
      await session.sessions.rewind(sessionId, { turnId, keepState });
      await session.chat.refresh();
      onClose();
    } catch (error) {
      setCode(error instanceof ApiError ? error.code : 'UNREACHABLE');
      setIsBusy(false);
    }
  };
  const turns = goneCount === 1 ? 'The turn after it is' : `The ${goneCount} turns after it are`;
  const allTurns = goneCount === 1 ? 'The one turn is' : `All ${goneCount} turns are`;
  return (
    <ConfirmDialog
      title={turnId === null ? 'Go back to before the first turn?' : 'Go back to here?'}
      act={keepState ? 'Take back the words alone' : 'Go back'}
      isBusy={isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        {turnId === null ? allTurns : turns} gone then, for good and in every window. What tools have done outside stays
        done.
      </p>
      <div role="alert" className="text-alarm empty:hidden">
        {code !== null && (keepState ? noCheckpoint : (faults[code] ?? unreachable))}
      </div>
    </ConfirmDialog>
  );
}

const noCheckpoint =
  'The state of then is not kept any more. The words can be taken back alone: the step, the tools and the data stay as they are now.';
const unreachable = 'The server could not do it just now. Try again in a moment.';
