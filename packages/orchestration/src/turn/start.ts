import type { Transaction } from '@stateroom/core';
import { setLease, setQueue, setRun } from './changes.ts';
import type { Claim } from './claim.ts';
import type { Clearing } from './clearing.ts';
import type { BeginOptions } from './overlap.ts';
import type { SessionView } from './session-view.ts';
import type { Run } from './stored.ts';
import type { TurnContext } from './turn-context.ts';
import { messageIdOf } from './turn-id.ts';

/** A turn as it is when it begins; `isInputStored` where an earlier attempt has left its message in the transcript. */
export function newRun<T>(
  { answering, input }: Pick<BeginOptions<T>, 'answering' | 'input'>,
  { turnId, isInputStored, startedAt }: Pick<Run, 'turnId' | 'isInputStored' | 'startedAt'>,
): Run {
  return {
    turnId,
    ...(answering && { parentTurnId: answering.turnId }),
    startedAt,
    input: isInputStored ? [] : [...input],
    isInputStored,
    base: null,
    taken: [],
    report: {},
  };
}

type Start = {
  readonly run: Run;
  /** Of run and lease alike: it is the receipt. */
  readonly version: string;
  readonly before: Clearing;
  /** Null before the session was looked at. */
  readonly view: SessionView | null;
  /** Those in line whose waiters must have died. */
  readonly ahead: readonly string[];
  readonly hasTicket: boolean;
};

/** The commit that begins a turn, and takes its message, and those ahead of it, out of the line. */
export function start<T>({ parts, keysOf, limits }: TurnContext<T>, sessionId: string, beginning: Start): Transaction {
  const { run, version, before, view, ahead, hasTicket } = beginning;
  const keys = keysOf(sessionId);
  const messageId = messageIdOf(run.turnId);
  const queue = view?.queue.messageIds ?? [];
  const place = queue.indexOf(messageId);
  const rest = place < 0 ? [] : queue.slice(place + 1);
  return {
    checks: [
      { key: keys.mark(messageId), version: view?.mark?.version ?? null },
      { key: keys.run, version: before.run },
      { key: keys.queue, version: view?.queue.version ?? null },
      ...ahead.map((id) => ({ key: keys.ticket(id), version: null })),
      ...before.checks,
    ],
    changes: [
      ...before.changes,
      setRun(keys, run, version),
      setLease(keys, run.turnId, { version, leaseMs: limits.leaseMs }),
      ...(queue.length > 0 ? [setQueue(keys, rest, parts.mint())] : []),
      ...(hasTicket ? [{ type: 'delete', key: keys.ticket(messageId) } as const] : []),
    ],
  };
}

/** Leaves nothing of a turn that was begun where nothing was in its way, and has done nothing yet. */
export async function takeBack<T>(
  { parts, keysOf, bell }: TurnContext<T>,
  { session: { sessionId }, run, leaseVersion: version }: Claim<T>,
): Promise<void> {
  const keys = keysOf(sessionId);
  const gone = [keys.run, keys.lease, keys.mail(run.turnId)];
  await parts.commit({
    checks: [
      { key: keys.lease, version },
      { key: keys.run, version },
    ],
    changes: gone.map((key) => ({ type: 'delete', key })),
  });
  bell.ring(sessionId);
}
