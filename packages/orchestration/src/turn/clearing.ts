import { type Aside, StateroomError } from '@stateroom/core';
import { closeDeadTurn } from './dead-turn.ts';
import type { BeginOptions } from './overlap.ts';
import { cutBack } from './rewind.ts';
import { lastTurn, type SessionView } from './session-view.ts';
import type { TurnContext } from './turn-context.ts';

/** What goes in the commit that begins a turn to make room for it, and the version of the run that it finds. */
export type Clearing = Aside & { readonly run: string | null };

type Wish<T> = Pick<BeginOptions<T>, 'replacing' | 'answering'> & {
  /** Null before the session was looked at. */
  readonly view: SessionView | null;
  readonly isRolledBack: boolean;
  /** Whether the turn goes on with the last one that is over, behind which nothing may come. */
  readonly isNext: boolean;
  /** Asked before anything is taken away for good; undefined where it was asked already. */
  readonly admit: ((state: T) => Promise<void>) | undefined;
};

/** Takes out of the way what is before a turn: turns whose place it takes, the question that it answers, a dead turn. */
export async function clear<T>(
  context: TurnContext<T>,
  { sessionId, guard }: { readonly sessionId: string; readonly guard: string },
  { view, isRolledBack, isNext, replacing, answering, admit }: Wish<T>,
): Promise<Clearing> {
  if (replacing !== undefined)
    return { ...(await cutBack(context, { sessionId, guard, turnId: replacing.after, admit })), run: null };
  if (view !== null && answering !== undefined)
    return { ...(await answer(context, sessionId, { view, answering })), run: null };
  const last = { key: context.keysOf(sessionId).turns, length: view?.turns?.length ?? 0 };
  if (!view?.run) return { checks: isNext ? [last] : [], changes: [], run: null };
  const session = await context.parts.open(sessionId, view.record);
  return { ...(await closeDeadTurn(context, session, { run: view.run, isRolledBack, view })), run: view.run.version };
}

type Answering<T> = { readonly view: SessionView; readonly answering: NonNullable<BeginOptions<T>['answering']> };

/** Changes the state as the answers say, if what waits for them is still the last. */
async function answer<T>(
  { parts }: TurnContext<T>,
  sessionId: string,
  { view, answering: { turnId, change } }: Answering<T>,
): Promise<Aside> {
  const last = lastTurn(view);
  // A turn that died has come after it, and is closed by the next message.
  if (view.run !== null || last?.turnId !== turnId || last.status !== 'waiting')
    throw new StateroomError('NOT_PENDING', 'what was asked is not open any more');
  const session = await parts.open(sessionId, view.record);
  return parts.write(session, { state: change(session.state), draft: null });
}
