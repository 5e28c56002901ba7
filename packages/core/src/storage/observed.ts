import { isStateroomError, type ErrorCode } from '../errors.ts';
import { override } from './override.ts';
import type { Commit, Reads, ScanPage, Snapshot, StorageProvider, Transaction } from './provider.ts';

/** One call of a provider, as it ended. */
export type StorageCommand = {
  /** The provider's name. */
  readonly storage: string;
  readonly method: 'read' | 'commit' | 'scan' | 'ping';
  readonly durationMs: number;
  /** Of the text that was handed over and came back, in UTF-8: keys, values, versions and items. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** 'ERROR' is one without a code of ours. */
  readonly outcome: 'ok' | 'refused' | ErrorCode | 'ERROR';
};

export type ObservedOptions = {
  /** Called after each command, for metrics and traces. What it throws is thrown outside of the call. */
  readonly onCommand: (command: StorageCommand) => void;
};

/** The same provider, with somebody who counts: each command is one round trip. */
export function observed(storage: StorageProvider, { onCommand }: ObservedOptions): StorageProvider {
  async function observe<R>(
    method: StorageCommand['method'],
    sentBytes: number,
    { call, receivedBy }: { call: () => Promise<R>; receivedBy: (result: R) => number },
  ): Promise<R> {
    const startedAt = performance.now();
    const report = (outcome: StorageCommand['outcome'], receivedBytes = 0) => {
      const durationMs = performance.now() - startedAt;
      // Apart from the call: it has happened, whatever an observer makes of it.
      queueMicrotask(() => onCommand({ storage: storage.name, method, durationMs, sentBytes, receivedBytes, outcome }));
    };
    try {
      const result = await call();
      report(isRefused(result) ? 'refused' : 'ok', receivedBy(result));
      return result;
    } catch (error) {
      report(isStateroomError(error) ? error.code : 'ERROR');
      throw error;
    }
  }

  return override(storage, {
    read: (reads) =>
      observe('read', bytesOfReads(reads), { call: () => storage.read(reads), receivedBy: bytesOfSnapshot }),
    commit: (transaction) =>
      observe('commit', bytesOfTransaction(transaction), {
        call: () => storage.commit(transaction),
        receivedBy: bytesOfCommit,
      }),
    scan: (prefix, cursor, limit) =>
      observe('scan', bytesOf(prefix), { call: () => storage.scan(prefix, cursor, limit), receivedBy: bytesOfPage }),
    ping: () => observe('ping', 0, { call: () => storage.ping(), receivedBy: () => 0 }),
  });
}

function isRefused(result: unknown): boolean {
  return typeof result === 'object' && result !== null && 'committed' in result && result.committed === false;
}

function bytesOfTransaction({ checks, changes, reads = {} }: Transaction): number {
  let bytes = bytesOfReads(reads);
  for (const check of checks) bytes += bytesOf(check.key) + ('version' in check ? bytesOf(check.version ?? '') : 0);
  for (const change of changes) {
    bytes += bytesOf(change.key);
    if (change.type === 'set') bytes += bytesOf(change.value) + bytesOf(change.version);
    if (change.type === 'append') bytes += sum(change.items, bytesOf);
  }
  return bytes;
}

function bytesOfReads({ entries = [], lists = [] }: Reads): number {
  return sum(entries, bytesOf) + sum(lists, ({ key }) => bytesOf(key));
}

function bytesOfCommit({ refused, snapshot }: Commit): number {
  const entries = refused.map((refusal) => ('entry' in refusal ? refusal.entry : null));
  return bytesOfSnapshot(snapshot) + bytesOfSnapshot({ entries, lists: [] });
}

function bytesOfSnapshot({ entries, lists }: Snapshot): number {
  const ofEntries = sum(entries, (entry) => (entry === null ? 0 : bytesOf(entry.value) + bytesOf(entry.version)));
  return ofEntries + sum(lists, ({ items }) => sum(items, bytesOf));
}

function bytesOfPage({ found }: ScanPage): number {
  return sum(found, ({ key }) => bytesOf(key));
}

function sum<T>(values: readonly T[], bytes: (value: T) => number): number {
  return values.reduce((total, value) => total + bytes(value), 0);
}

/** Of UTF-8, without making it. A caller's mistakes are the provider's to refuse. */
function bytesOf(text: unknown): number {
  if (typeof text !== 'string') return 0;
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
