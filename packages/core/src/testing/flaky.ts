import { StateroomError } from '../errors.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { override } from '../storage/override.ts';

export type Faults = {
  /** Asked before each commit, counted from 1: the engine is not reached, and the caller is told STORAGE. */
  readonly isUnreachable?: (commit: number) => boolean;
  /** Asked after each commit: it took effect, but the caller is told UNKNOWN_OUTCOME. */
  readonly losesReply?: (commit: number) => boolean;
};

/** The provider behind a bad network. */
export function flaky(storage: StorageProvider, { isUnreachable, losesReply }: Faults): StorageProvider {
  let commits = 0;
  return override(storage, {
    commit: async (transaction) => {
      commits += 1;
      const number = commits;
      if (isUnreachable?.(number)) throw new StateroomError('STORAGE', 'the network is down');
      const commit = await storage.commit(transaction);
      if (losesReply?.(number)) throw new StateroomError('UNKNOWN_OUTCOME', 'the reply was lost');
      return commit;
    },
  });
}
