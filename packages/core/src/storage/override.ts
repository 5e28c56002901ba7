import type { StorageProvider } from './provider.ts';

/** A provider that does some things in a way of its own, and all else as `storage` does. */
export function override(
  storage: StorageProvider,
  own: Partial<Pick<StorageProvider, 'read' | 'commit' | 'scan' | 'ping' | 'close'>>,
): StorageProvider {
  return {
    name: storage.name,
    scope: storage.scope,
    consistency: storage.consistency,
    read: (reads) => storage.read(reads),
    commit: (transaction) => storage.commit(transaction),
    scan: (prefix, cursor, limit) => storage.scan(prefix, cursor, limit),
    ping: () => storage.ping(),
    close: () => storage.close(),
    [Symbol.asyncDispose]: () => (own.close ?? (() => storage.close()))(),
    ...own,
  };
}
