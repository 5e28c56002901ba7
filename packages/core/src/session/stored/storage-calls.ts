import { isStateroomError, StateroomError } from '../../errors.ts';
import type {
  Commit,
  Reads,
  ScannedKey,
  ScanPage,
  Snapshot,
  StorageProvider,
  Transaction,
} from '../../storage/provider.ts';

/** The calls of a storage as sessions need them: absence is sure, a lost reply is an answer, and all that is thrown is ours. */

/** As `read`: a storage that is behind may show what is there as missing, which is enough where a commit decides. */
export async function readPlainly(storage: StorageProvider, reads: Reads): Promise<Snapshot> {
  try {
    return await storage.read(reads);
  } catch (error) {
    throw storageError(error);
  }
}

/** As `read`, but an entry that it says is not there is not there. */
export async function readSurely(storage: StorageProvider, reads: Reads): Promise<Snapshot> {
  const snapshot = await readPlainly(storage, reads);
  if (storage.consistency === 'linearizable' || !snapshot.entries.includes(null)) return snapshot;
  try {
    // A replica that is behind proves no absence; a commit, though it changes nothing, sees the newest.
    return (await storage.commit({ checks: [], changes: [], reads })).snapshot;
  } catch (error) {
    throw storageError(error);
  }
}

export async function tryCommit(storage: StorageProvider, transaction: Transaction): Promise<Commit | 'reply lost'> {
  try {
    return await storage.commit(transaction);
  } catch (error) {
    if (isStateroomError(error) && error.code === 'UNKNOWN_OUTCOME') return 'reply lost';
    throw storageError(error);
  }
}

/** Each key with the prefix once, though a scan may find it again; remembers all it has found. */
export async function* scanAll(storage: StorageProvider, prefix: string): AsyncGenerator<ScannedKey> {
  const known = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: ScanPage = await storage.scan(prefix, cursor, 1000).catch((error: unknown) => {
      throw storageError(error);
    });
    for (const found of page.found) {
      if (known.has(found.key)) continue;
      known.add(found.key);
      yield found;
    }
    cursor = page.cursor;
  } while (cursor !== null);
}

export function unknownOutcome(cause?: unknown): StateroomError {
  const message =
    'the reply to a write was lost, and it cannot be told whether it took effect; read before trying again';
  return new StateroomError('UNKNOWN_OUTCOME', message, cause === undefined ? {} : { cause });
}

/** What a provider throws without a code of ours is still a failure of the storage. */
function storageError(error: unknown): StateroomError {
  return isStateroomError(error) ? error : new StateroomError('STORAGE', 'the storage failed', { cause: error });
}
