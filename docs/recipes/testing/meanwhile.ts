import type { StorageProvider } from '@stateroom/core';
import { override } from '@stateroom/core/testing';

/** The storage, and a way to have something else done to it right before its next commit: when a write is in flight. */
export function meanwhile(storage: StorageProvider): {
  readonly storage: StorageProvider;
  readonly beforeNextCommit: (act: () => Promise<unknown>) => void;
} {
  let next: (() => Promise<unknown>) | null = null;
  return {
    storage: override(storage, {
      commit: async (transaction) => {
        const act = next;
        next = null;
        await act?.();
        return storage.commit(transaction);
      },
    }),
    beforeNextCommit: (act) => {
      next = act;
    },
  };
}
