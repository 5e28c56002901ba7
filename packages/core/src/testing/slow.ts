import { override } from '../storage/override.ts';
import type { StorageProvider } from '../storage/provider.ts';

export type Latency = {
  /** Each way: a call reaches the engine so much later, and its answer the caller. */
  readonly ms: number;
  /** By default it really waits. */
  readonly sleep?: (ms: number) => Promise<void>;
};

/** The provider at the far end of a slow network. */
export function slow(storage: StorageProvider, { ms, sleep = wait }: Latency): StorageProvider {
  const far = async <R>(call: () => Promise<R>): Promise<R> => {
    await sleep(ms);
    try {
      return await call();
    } finally {
      await sleep(ms);
    }
  };
  return override(storage, {
    read: (reads) => far(() => storage.read(reads)),
    commit: (transaction) => far(() => storage.commit(transaction)),
    scan: (prefix, cursor, limit) => far(() => storage.scan(prefix, cursor, limit)),
    ping: () => far(() => storage.ping()),
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
