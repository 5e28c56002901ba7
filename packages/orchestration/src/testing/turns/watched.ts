import type { PartKeys, StorageProvider, Transaction } from '@stateroom/core';
import { override } from '@stateroom/core/testing';
import type { Ledger } from './ledger.ts';
import { roomFaults } from './room-faults.ts';
import { readRoom } from './room-state.ts';

/** What becomes of a commit on its way, with a look at what is there. */
export type Alter = (transaction: Transaction, storage: StorageProvider) => Promise<Transaction>;

/** The storage, with a ledger of one session, and a look at that session after each commit. */
export function watched(
  storage: StorageProvider,
  { keys, ledger, alter }: { readonly keys: PartKeys; readonly ledger: Ledger; readonly alter?: Alter | undefined },
): StorageProvider {
  let lane: Promise<unknown> = Promise.resolve();
  const commit = async (asked: Transaction) => {
    const transaction = alter === undefined ? asked : await alter(asked, storage);
    if (transaction.changes.length === 0) return storage.commit(transaction);
    const before = await readRoom(storage, keys);
    const outcome = await storage.commit(transaction);
    if (!outcome.committed) return outcome;
    const after = await readRoom(storage, keys);
    ledger.note(before, after);
    ledger.faults.push(...roomFaults(after));
    return outcome;
  };
  return override(storage, {
    commit: (transaction) => {
      const result = lane.then(() => commit(transaction));
      lane = result.catch(() => {});
      return result;
    },
  });
}
