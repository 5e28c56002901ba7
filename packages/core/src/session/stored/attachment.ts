import type { SessionKeys } from '../../storage/keys.ts';
import type { Change, Reads, Snapshot, StorageProvider, Transaction } from '../../storage/provider.ts';
import { pauseBefore, maxAttempts, tooManyAttempts } from '../attempts.ts';
import { readSurely } from './storage-calls.ts';
import type { WriteOutcome } from './stored-session.ts';
import type { Envelope } from './record.ts';
import { listTtlMs } from '../ttl.ts';

/** The keys under which another package keeps something beside a session. */
export type PartKeys = Pick<SessionKeys<never>, 'record' | 'guard' | 'ofList' | 'ofPart'>;

/**
 * What another package keeps beside each session, under keys of its own. It goes when the session is deleted, reset or
 * replaced, in the same commit.
 */
export interface SessionAttachment {
  /** The changes by which a new session begins without what one of its id, which has expired, has left behind. */
  creation(keys: PartKeys): readonly Change[];
  /** What has to be known of a session to tell all of its keys. */
  reads(keys: PartKeys): Reads;
  /** The changes by which they go, and the checks that nothing has come since that `found` does not tell of. */
  removal(keys: PartKeys, found: Snapshot): Aside;
  /** Those of its keys that live for as long as the session does, which the session's activity keeps alive. */
  lasting(keys: PartKeys): readonly string[];
}

/** Several as one; null for none. */
export function attachedTogether(attachments: readonly SessionAttachment[]): SessionAttachment | null {
  if (attachments.length === 0) return null;
  const readsOf = (keys: PartKeys) => attachments.map((attachment) => attachment.reads(keys));
  return {
    creation: (keys) => attachments.flatMap((attachment) => attachment.creation(keys)),
    reads: (keys) => ({
      entries: readsOf(keys).flatMap(({ entries = [] }) => entries),
      lists: readsOf(keys).flatMap(({ lists = [] }) => lists),
    }),
    removal: (keys, found) => {
      const [entries, lists] = [[...found.entries], [...found.lists]];
      const asides = readsOf(keys).map((reads, index) => {
        const own = {
          entries: entries.splice(0, reads.entries?.length ?? 0),
          lists: lists.splice(0, reads.lists?.length ?? 0),
        };
        return attachments[index]?.removal(keys, own) ?? nothingAside;
      });
      return {
        checks: asides.flatMap(({ checks }) => checks),
        changes: asides.flatMap(({ changes }) => changes),
      };
    },
    lasting: (keys) => attachments.flatMap((attachment) => attachment.lasting(keys)),
  };
}

/** The changes that keep what is attached alive, where activity keeps the session alive at all. */
export function touchAttached(
  attachment: SessionAttachment | null,
  keys: PartKeys,
  { ttl }: Pick<Envelope, 'ttl'>,
): readonly Change[] {
  if (attachment === null || ttl.idleMs === null) return [];
  return attachment.lasting(keys).map((key) => ({ type: 'touch', key, ttlMs: listTtlMs(ttl) }));
}

/** What a write brings along for keys that are not the session's own. */
export type Aside = Pick<Transaction, 'checks' | 'changes'>;

export const nothingAside: Aside = { checks: [], changes: [] };

/** Whether it was the session itself that refused a write, or only what came along. */
export type AsideOutcome<ListName extends string> = WriteOutcome<ListName> & { readonly isAsideRefused?: boolean };

/** Writes with all that is attached going along, and again when more has come meanwhile. */
export async function takingAlong<ListName extends string>(
  attachment: SessionAttachment | null,
  { storage, keys }: { readonly storage: StorageProvider; readonly keys: PartKeys },
  write: (aside: Aside) => Promise<AsideOutcome<ListName>>,
): Promise<WriteOutcome<ListName>> {
  if (attachment === null) return write(nothingAside);
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    await pauseBefore(attempt);
    const outcome = await write(attachment.removal(keys, await readSurely(storage, attachment.reads(keys))));
    if (outcome.isAsideRefused !== true) return outcome;
  }
  throw tooManyAttempts();
}
