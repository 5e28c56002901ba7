import { isStateroomError, StateroomError } from '../../errors.ts';
import type { ListRange, Snapshot, StorageEntry } from '../../storage/provider.ts';
import type { Access } from '../guard.ts';
import { ownCopy } from '../../json.ts';
import { decodeRecord, type Envelope, type SessionRecord } from './record.ts';
import type { SessionList } from '../result.ts';

/** A session as it stood at one moment: the record, the version of its entry, and the lists that were asked for. */
export type StoredSession<ListName extends string> = {
  readonly record: SessionRecord;
  readonly version: string;
  readonly lists: { readonly [Name in ListName]?: SessionList };
};

export type ListRanges<ListName extends string> = {
  readonly [Name in ListName]?: Omit<ListRange, 'key'>;
};

export type ListLengths<ListName extends string> = { readonly [Name in ListName]?: number };

export type ListItems<ListName extends string> = { readonly [Name in ListName]?: readonly unknown[] };

/** A session of which a scan told. `ttlMs` is what is left to its record, null for ever. */
export type ScannedSession = { readonly sessionId: string; readonly ttlMs: number | null };

/** What became of a write. `found` is what refused it: another writer's session, or null when it is gone. */
export type WriteOutcome<ListName extends string> =
  | { readonly committed: true }
  | { readonly committed: false; readonly found: StoredSession<ListName> | null };

/** What is to be written of a session. */
export type NextSession<ListName extends string> = {
  readonly envelope: Envelope;
  readonly stateText: string;
  readonly version: string;
  /** Lists of which only so many first items are to stay; before anything is appended. */
  readonly truncate?: ListLengths<ListName> | undefined;
  readonly append?: ListItems<ListName> | undefined;
};

/** Missing, expired and foreign are one answer, so that nobody learns from it which ids exist. */
export function assertAccessible<ListName extends string>(
  found: StoredSession<ListName> | null,
  access: Access,
): StoredSession<ListName> {
  if (found === null || !admits(found.record, access))
    throw new StateroomError('NOT_FOUND', 'there is no such session');
  return found;
}

function admits(record: Envelope, { owner, agentId }: Access): boolean {
  return (owner === undefined || owner === record.owner) && belongsToAgent(record, agentId);
}

export function belongsToAgent(record: Envelope, agentId: string | undefined): boolean {
  return agentId === undefined || agentId === record.agentId;
}

/** Whether an error is of what is stored of one session, which cannot be read, while the storage is well. */
export function isUnreadable(error: unknown): error is StateroomError {
  return isStateroomError(error) && (error.code === 'INVALID_STATE' || error.code === 'NEWER_VERSION');
}

export function storedSession<ListName extends string>(
  entry: StorageEntry | null | undefined,
): StoredSession<ListName> | null {
  if (entry === undefined || entry === null) return null;
  return { record: decodeRecord(entry.value), version: entry.version, lists: {} };
}

/** As a read of what was written would give it, each time its own. */
export function storedAs<ListName extends string>({
  envelope,
  stateText,
  version,
}: NextSession<ListName>): StoredSession<ListName> {
  return { record: { ...ownCopy(envelope), state: JSON.parse(stateText) }, version, lists: {} };
}

export function namedLists<ListName extends string>(
  names: readonly ListName[],
  { lists }: Snapshot,
  begun: readonly string[],
): StoredSession<ListName>['lists'] {
  const named: { [Name in ListName]?: SessionList } = {};
  names.forEach((name, index) => {
    const { items, length } = (begun.includes(name) ? lists[index] : undefined) ?? { items: [], length: 0 };
    named[name] = { items: items.map((item) => parseItem(item, name)), length };
  });
  return named;
}

function parseItem(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StateroomError('INVALID_STATE', `an item of the list "${path}" is not JSON; it was left as it is`, {
      path,
    });
  }
}
