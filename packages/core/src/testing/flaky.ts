import { StateroomError } from '../errors.ts';
import type { StorageProvider } from '../storage/provider.ts';
import { override } from '../storage/override.ts';

export type Faults = {
  /** Asked before each call of any method: the engine is not reached, and the caller is told STORAGE. */
  readonly isDown?: () => boolean;
  /** The same, asked before each commit alone, counted from 1. */
  readonly isUnreachable?: (commit: number) => boolean;
  /** Asked after each commit: it took effect, but the caller is told UNKNOWN_OUTCOME. */
  readonly losesReply?: (commit: number) => boolean;
};

/** The provider behind a bad network. */
export function flaky(storage: StorageProvider, { isDown, isUnreachable, losesReply }: Faults): StorageProvider {
  let commits = 0;
  const reach = async <R>(call: () => Promise<R>): Promise<R> => {
    if (isDown?.()) throw new StateroomError('STORAGE', 'the network is down');
    return call();
  };
  return override(storage, {
    read: (reads) => reach(() => storage.read(reads)),
    scan: (prefix, cursor, limit) => reach(() => storage.scan(prefix, cursor, limit)),
    ping: () => reach(() => storage.ping()),
    commit: (transaction) =>
      reach(async () => {
        commits += 1;
        const number = commits;
        if (isUnreachable?.(number)) throw new StateroomError('STORAGE', 'the network is down');
        const commit = await storage.commit(transaction);
        if (losesReply?.(number)) throw new StateroomError('UNKNOWN_OUTCOME', 'the reply was lost');
        return commit;
      }),
  });
}
