import assert from 'node:assert/strict';
import { type ErrorCode, isStateroomError } from '../../errors.ts';
import type { Change, Commit, ScannedKey, StorageEntry, StorageProvider, Ttl } from '../../storage/provider.ts';

/** One guarantee of the contract, and how to see that it holds. */
export type Clause = {
  readonly name: string;
  readonly test: (storage: StorageProvider, tools: ClauseTools) => Promise<void>;
};

type ClauseTools = {
  /** Lets the provider's clock go on. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Makes another provider, new and empty. */
  readonly create: () => StorageProvider | Promise<StorageProvider>;
};

export async function entryAt(storage: StorageProvider, key: string): Promise<StorageEntry | null | undefined> {
  return (await storage.read({ entries: [key] })).entries[0];
}

export async function itemsAt(storage: StorageProvider, key: string): Promise<readonly string[] | undefined> {
  return (await storage.read({ lists: [{ key }] })).lists[0]?.items;
}

/** Makes an entry where none is. */
export async function put(
  storage: StorageProvider,
  key: string,
  { value = 'value', version = 'v1', ttlMs = null }: { value?: string; version?: string; ttlMs?: Ttl } = {},
): Promise<void> {
  const changes: Change[] = [{ type: 'set', key, value, version, ttlMs }];
  assertCommitted(await storage.commit({ checks: [{ key, version: null }], changes }));
}

/** Makes a list, or adds to it. */
export async function append(
  storage: StorageProvider,
  key: string,
  { items = ['one'], ttlMs = 'keep' }: { items?: readonly string[]; ttlMs?: Ttl } = {},
): Promise<void> {
  assertCommitted(await storage.commit({ checks: [], changes: [{ type: 'append', key, items, ttlMs }] }));
}

export function assertCommitted(commit: Commit): void {
  assert.equal(commit.committed, true, 'a commit whose checks hold must be committed');
  assert.deepEqual(commit.refused, []);
}

export function assertRefused(commit: Commit): void {
  assert.equal(commit.committed, false, 'a commit with a check that does not hold must be refused');
}

/** What a walk through all pages finds, by key; `limits` are those of the pages, over and over. */
export async function scanAll(
  storage: StorageProvider,
  prefix: string,
  { limits = [100], betweenPages = async () => {} }: { limits?: number[]; betweenPages?: () => Promise<void> } = {},
): Promise<Map<string, ScannedKey>> {
  const found = new Map<string, ScannedKey>();
  let cursor: string | null = null;
  for (let pages = 0; pages < 10_000; pages++) {
    const page = await storage.scan(prefix, cursor, limits[pages % limits.length] ?? 1);
    for (const scanned of page.found) found.set(scanned.key, scanned);
    cursor = page.cursor;
    if (cursor === null) return found;
    await betweenPages();
  }
  return assert.fail('the scan does not come to an end');
}

/** The call must fail with this code; any other answer, and above all a normal one, breaks the contract. */
export async function assertFails(call: () => Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  const outcome = await call().then(
    () => 'no error at all',
    (error: unknown) => (isStateroomError(error) ? error.code : `not a StateroomError: ${String(error)}`),
  );
  assert.equal(outcome, code, what);
}
