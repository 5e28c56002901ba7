import type { TurnStatus } from '../../turn/stored.ts';
import type { Word } from './vocabulary.ts';

/** What somebody was told by a TurnManager or a SessionManager, and so may rely on. */
export type Account =
  /** The turn has begun, and its message is stored. */
  | { readonly type: 'begun'; readonly turnId: string; readonly by: string }
  /** The part is stored, with the messages that were taken along behind it. */
  | {
      readonly type: 'stored';
      readonly turnId: string;
      readonly by: string;
      readonly part: number;
      readonly taken: readonly string[];
    }
  /** The turn is over, and so many words were said in it. */
  | {
      readonly type: 'ended';
      readonly turnId: string;
      readonly by: string;
      readonly status: TurnStatus;
      readonly words: number;
    }
  /** The message was taken along, or its turn is over, as far as whoever sent it again was told. */
  | { readonly type: 'steered'; readonly messageId: string; readonly turnId: string }
  | { readonly type: 'finished'; readonly turnId: string; readonly status: TurnStatus }
  /** The message is being answered, or waits, on behalf of somebody else. */
  | { readonly type: 'running'; readonly turnId: string }
  | { readonly type: 'updated'; readonly token: string }
  | { readonly type: 'rewound'; readonly gone: readonly string[] }
  | { readonly type: 'deleted' }
  /** What a follower has heard, from which position on, and how the turn ended, as far as it was told. */
  | {
      readonly type: 'followed';
      readonly turnId: string;
      readonly words: readonly Word[];
      readonly status: TurnStatus | 'steered' | 'unknown';
      readonly isLogGone: boolean;
    };

export type Tell = (account: Account) => void;
