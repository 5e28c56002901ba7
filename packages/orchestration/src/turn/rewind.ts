import { type Aside, StateroomError } from '@stateroom/core';
import { closeDeadTurn } from './dead-turn.ts';
import { lookBack, marksOf, messagesOf, type Past, placeOf, stateAfter } from './past.ts';
import type { Versioned } from './session-view.ts';
import type { Run, TurnRecord } from './stored.ts';
import type { TurnContext } from './turn-context.ts';

export type RewindTarget = {
  readonly sessionId: string;
  readonly guard: string;
  /** The last turn that stays; null for none. */
  readonly turnId: string | null;
  /** Leaves the state as it is now, also where there is no checkpoint of the one it was then. */
  readonly keepState?: boolean | undefined;
};

const maxAttempts = 100;

/**
 * Takes a session back to where it was after a turn: state, transcript and turns in one commit. Gives the turns that
 * are gone. CONFLICT while a turn runs, INVALID for a turn that is not there, NO_CHECKPOINT where it was too long ago.
 */
export async function rewind<T>(context: TurnContext<T>, target: RewindTarget): Promise<readonly TurnRecord[]> {
  const written = new Map<string, readonly TurnRecord[]>();
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const seen = await lookBack(context, target);
    if (seen.isRunning) throw new StateroomError('CONFLICT', 'a turn runs in the session; stop it first');
    // One whose reply was lost is found to have happened.
    const own = [...written].find(([version]) => context.parts.holds(seen.session, version));
    if (own !== undefined) return own[1];
    if (seen.run !== null) {
      await closeForGood(context, seen, seen.run);
      continue;
    }
    const { gone, version, checks, changes } = await changesOf(context, seen, target);
    if (version === null) return gone;
    written.set(version, gone);
    const run = { key: context.keysOf(target.sessionId).run, version: null };
    const { committed } = await context.parts.commit({ checks: [run, ...checks], changes });
    if (committed) return gone;
  }
  throw new StateroomError('CONFLICT', `others kept writing to the session through ${maxAttempts} attempts`);
}

async function closeForGood<T>(
  context: TurnContext<T>,
  { session, view }: Past<T>,
  run: Versioned<Run>,
): Promise<void> {
  const { checks, changes } = await closeDeadTurn(context, session, { run, isRolledBack: false, view });
  const { run: key } = context.keysOf(session.sessionId);
  await context.parts.commit({ checks, changes: [...changes, { type: 'delete', key }] });
}

/**
 * What takes a session back, as a part of the commit that begins a turn; a dead turn is closed before, in a commit of
 * its own. Nothing while a turn runs: then that commit is refused.
 */
export async function cutBack<T>(
  context: TurnContext<T>,
  { admit, ...target }: RewindTarget & { readonly admit: ((state: T) => Promise<void>) | undefined },
): Promise<Aside> {
  const seen = await lookBack(context, target);
  if (seen.isRunning) return { checks: [], changes: [] };
  await admit?.(seen.session.state);
  if (seen.run === null) return changesOf(context, seen, target);
  await closeForGood(context, seen, seen.run);
  return cutBack(context, { ...target, admit: undefined });
}

type Rewinding = Aside & { readonly gone: readonly TurnRecord[]; readonly version: string | null };

async function changesOf<T>(
  context: TurnContext<T>,
  { session, past }: Past<T>,
  { turnId, keepState }: RewindTarget,
): Promise<Rewinding> {
  const keys = context.keysOf(session.sessionId);
  const place = placeOf(past, turnId);
  const gone = past.slice(place + 1);
  if (gone[0] === undefined) return { gone, version: null, checks: [], changes: [] };
  const { checks, changes, version } = await context.parts.write(session, {
    state: keepState
      ? session.state
      : context.restored(await stateAfter(context, session, { place, turnId }), session.state),
    draft: null,
    truncate: { messages: gone[0].messages.from, turns: place + 1 },
  });
  const left = new Set(gone.flatMap((turn) => keys.leftBy(turn)));
  return {
    gone,
    version,
    checks,
    changes: [
      ...changes,
      ...[...left].map((key) => ({ type: 'delete', key }) as const),
      // Else those of whom an attempt stays would begin under its id again.
      ...marksOf(context, session, { kept: past.slice(0, place + 1), messageIds: messagesOf(gone) }),
    ],
  };
}
