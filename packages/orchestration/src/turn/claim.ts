import type { SessionView } from './session-view.ts';
import type { Run } from './stored.ts';
import type { TurnSession } from './turn-context.ts';

/** The right to run a turn, as begin got it. */
export type Claim<T> = {
  readonly session: TurnSession<T>;
  readonly run: Run;
  readonly view: SessionView;
  readonly leaseVersion: string;
  /** When the commit was sent that the lease counts from, by `performance.now()`. */
  readonly leasedAt: number;
};
