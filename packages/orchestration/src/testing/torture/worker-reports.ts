import type { Account } from '../turns/accounts.ts';

export type EngineName = 'redis' | 'sqlite';

/** How a worker is told what to do. */
export type WorkerTask = {
  readonly engine: EngineName;
  /** The URL or the path of the storage. */
  readonly target: string;
  readonly name: string;
  readonly seed: number;
  readonly startedAt: number;
  readonly leaseMs: number;
};

/** What a worker says. `since` is when it asked for what it was told then; times are epoch milliseconds. */
export type WorkerReport =
  | { readonly type: 'told'; readonly room: string; readonly since: number; readonly account: Account }
  /** It is about to take something away from a session; `asked` and `answered` bear the same id. */
  | {
      readonly type: 'asked' | 'answered';
      readonly room: string;
      readonly id: string;
      readonly what: 'rewind' | 'delete';
    }
  | { readonly type: 'outcome'; readonly outcome: string }
  /** It has done something amiss by itself. */
  | { readonly type: 'fault'; readonly what: 'lost reply' | 'unreachable' | 'late copy' }
  | { readonly type: 'broken'; readonly message: string };
