import { isStateroomError, StateroomError } from '../errors.ts';
import type { Commit, Reads, ScanPage, Snapshot, StorageProvider, Transaction } from './provider.ts';
import { wrongKind } from './provider-helpers.ts';
import { decodeCommit, decodeEntry, encodeCommit, unreadable } from './redis-commit.ts';
import { redisCommitScript } from './redis-commit.lua.ts';
import { validateReads, validateScan, validateTransaction } from './validate.ts';

/** A way to a Redis: over TCP (redis.ts) or HTTP (upstash.ts). Each method ends by itself once `signal` is aborted. */
export interface RedisConnection {
  readonly name: string;
  readonly consistency: StorageProvider['consistency'];
  /** Sends once. `key` is one of those the command names, for a cluster to find their node by. Throws CommandError. */
  send(command: readonly string[], key: string | null, signal: AbortSignal): Promise<unknown>;
  /** One page of keys that match, from an earlier page's cursor or null; null for the last. Throws CommandError. */
  scan(
    page: PageOfKeys,
    signal: AbortSignal,
  ): Promise<{ readonly cursor: string | null; readonly keys: readonly string[] }>;
  /** Whether a plain read would show all that was written over this connection: else it goes by way of the script. */
  showsOwnWrites(): boolean;
  /** TYPE and PTTL of each key. Throws CommandError. */
  describe(keys: readonly string[], signal: AbortSignal): Promise<readonly (readonly [type: unknown, pttl: unknown])[]>;
  /** Resolves when the server answers; may warn of settings that would lose state. Throws CommandError. */
  ping(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export type PageOfKeys = { readonly cursor: string | null; readonly pattern: string; readonly count: number };

/** SCAN of one server. */
export async function scanServer(
  { cursor, pattern, count }: PageOfKeys,
  send: (command: readonly string[]) => Promise<unknown>,
): Promise<{ readonly cursor: string | null; readonly keys: readonly string[] }> {
  const reply = await send(['SCAN', cursor ?? '0', 'MATCH', pattern, 'COUNT', String(count)]);
  const [next, keys]: unknown[] = Array.isArray(reply) ? reply : [];
  if (typeof next !== 'string' || !Array.isArray(keys)) throw unreadable();
  return { cursor: next === '0' ? null : next, keys: keys.map(String) };
}

/** A command that brought no reply. Its message is fit for a log: no command, value, token or password. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** Redis' word for it, as WRONGTYPE; null when it was not Redis that answered. */
  readonly code: string | null;
  /** Whether the server may have run the command. */
  readonly mayHaveRun: boolean;
  /** Whether the server was there, but did not answer in time. */
  readonly isTimeout: boolean;

  constructor(message: string, options: { code?: string; mayHaveRun: boolean; isTimeout?: boolean }) {
    super(message);
    this.code = options.code ?? null;
    this.mayHaveRun = options.mayHaveRun;
    this.isTimeout = options.isTimeout ?? false;
  }
}

export type RedisStorageOptions = {
  /** In front of every key, as it is. On a cluster `{tag}:` would keep all sessions on one node. None by default. */
  readonly keyPrefix?: string;
  /** How long a call may take in all, tries and waits for a connection included. 5,000 by default. */
  readonly timeoutMs?: number;
};

/** What passes by itself: a server that loads its file, is busy with a script, elects a master, or limits the rate. */
export function isPassing(code: string): boolean {
  return ['LOADING', 'BUSY', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN', 'READONLY', 'RATE'].includes(code);
}

export const defaultTimeoutMs = 5000;
const longestPauseMs = 200;

/** Takes any SCAN page, since a server is not to be blocked for long. */
const largestPage = 1000;

/** The provider over any connection to a Redis: what is asked for in Redis' words, and its failures in ours. */
export class RedisStorage implements StorageProvider {
  readonly name: string;
  readonly scope = 'shared';
  readonly consistency: StorageProvider['consistency'];
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #running = new Set<Promise<unknown>>();
  #scriptHash: Promise<string> | null = null;
  #closed = false;

  constructor(connection: RedisConnection, { keyPrefix = '', timeoutMs = defaultTimeoutMs }: RedisStorageOptions) {
    if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) {
      throw new StateroomError('INVALID', 'timeoutMs is not an integer of at least 1', { path: 'timeoutMs' });
    }
    if (!keyPrefix.isWellFormed()) {
      throw new StateroomError('INVALID', 'keyPrefix holds half a surrogate pair', { path: 'keyPrefix' });
    }
    this.name = connection.name;
    this.consistency = connection.consistency;
    this.#connection = connection;
    this.#prefix = keyPrefix;
    this.#timeoutMs = timeoutMs;
  }

  async read(reads: Reads): Promise<Snapshot> {
    validateReads(reads);
    const [key, ...others] = reads.entries ?? [];
    const isPlain = key !== undefined && others.length === 0 && !reads.lists?.length;
    if (!isPlain || !this.#connection.showsOwnWrites()) {
      return (await this.#run({ checks: [], changes: [], reads })).snapshot;
    }
    try {
      const stored = this.#prefix + key;
      const text = await this.#within((signal) => this.#connection.send(['GET', stored], stored, signal));
      return { entries: [decodeEntry(text)], lists: [] };
    } catch (error) {
      throw error instanceof CommandError && error.code === 'WRONGTYPE' ? wrongKind(key, 'list') : this.#failure(error);
    }
  }

  async commit(transaction: Transaction): Promise<Commit> {
    validateTransaction(transaction);
    return this.#run(transaction);
  }

  async scan(prefix: string, cursor: string | null, limit: number): Promise<ScanPage> {
    validateScan(prefix, limit);
    const pattern = `${(this.#prefix + prefix).replace(/[\\*?[\]]/g, '\\$&')}*`;
    const page = { cursor, pattern, count: Math.min(limit, largestPage) };
    try {
      const { keys, cursor: next } = await this.#within((signal) => this.#connection.scan(page, signal));
      if (keys.length === 0) return { found: [], cursor: next };
      const described = await this.#within((signal) => this.#connection.describe(keys, signal));
      return { found: keys.flatMap((key, index) => this.#scanned(key, described[index])), cursor: next };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.#within((signal) => this.#connection.ping(signal));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Waits for what is still running, which its own deadline ends. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#running);
    await this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(transaction: Transaction): Promise<Commit> {
    const call = encodeCommit(transaction);
    const isRead = transaction.changes.length === 0;
    let reply: unknown;
    try {
      reply = await this.#within((signal) => this.#evaluate(call, signal), { mayRunTwice: isRead });
    } catch (error) {
      throw this.#failure(error, { mayHaveChanged: !isRead });
    }
    try {
      return decodeCommit(transaction, call, reply);
    } catch (cause) {
      const isRefusal = isStateroomError(cause) && cause.code === 'INVALID';
      if (isRead || isRefusal) throw cause;
      const message = `what ${this.name} answered to a commit cannot be read; it may have taken effect`;
      throw new StateroomError('UNKNOWN_OUTCOME', message, { cause });
    }
  }

  async #evaluate({ keys, args }: ReturnType<typeof encodeCommit>, signal: AbortSignal): Promise<unknown> {
    const stored = keys.map((key) => this.#prefix + key);
    const rest = [String(keys.length), ...stored, ...args];
    const key = stored[0] ?? null;
    try {
      this.#scriptHash ??= sha1(redisCommitScript);
      return await this.#connection.send(['EVALSHA', await this.#scriptHash, ...rest], key, signal);
    } catch (error) {
      if (!(error instanceof CommandError && error.code === 'NOSCRIPT')) throw error;
      return this.#connection.send(['EVAL', redisCommitScript, ...rest], key, signal);
    }
  }

  /** Tries until `work` succeeds or time is up, as long as a failure passes by itself and another try does no harm. */
  async #within<R>(
    work: (signal: AbortSignal) => Promise<R>,
    { mayRunTwice = true }: { mayRunTwice?: boolean } = {},
  ): Promise<R> {
    if (this.#closed) throw new StateroomError('STORAGE', `${this.name} storage is closed`);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#timeoutMs);
    const running = this.#try(work, mayRunTwice, deadline.signal);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      clearTimeout(timer);
      this.#running.delete(running);
    }
  }

  async #try<R>(work: (signal: AbortSignal) => Promise<R>, mayRunTwice: boolean, signal: AbortSignal): Promise<R> {
    for (;;) {
      try {
        return await work(signal);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        if (error.code !== null && !isPassing(error.code)) throw error;
        if (error.mayHaveRun && !mayRunTwice) throw error;
        await pause(signal);
        if (signal.aborted) throw error;
      }
    }
  }

  #failure(error: unknown, { mayHaveChanged = false } = {}): StateroomError {
    if (isStateroomError(error)) return error;
    if (!(error instanceof CommandError))
      return new StateroomError('STORAGE', `${this.name} storage failed`, { cause: error });
    if (error.code === 'CROSSSLOT') {
      const message = 'on a cluster, keys that are named together must share a hash tag, as in name:{tag}';
      return new StateroomError('INVALID', message, { cause: error });
    }
    if (error.mayHaveRun && mayHaveChanged) {
      const message = `the reply of ${this.name} to a commit was lost`;
      return new StateroomError('UNKNOWN_OUTCOME', message, { cause: error });
    }
    const code = error.isTimeout ? 'TIMEOUT' : 'STORAGE';
    return new StateroomError(code, `${this.name} storage failed: ${error.message}`, { cause: error });
  }

  #scanned(stored: string, [type, pttl]: readonly [unknown, unknown] = [null, null]): ScanPage['found'] {
    const kind = type === 'string' ? 'entry' : type;
    const isGone = Number(pttl) === -2;
    if (isGone || (kind !== 'entry' && kind !== 'list')) return [];
    return [{ key: stored.slice(this.#prefix.length), kind, ttlMs: Number(pttl) < 0 ? null : Number(pttl) }];
  }
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Of random length, so that many who failed together do not come back together. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.random() * longestPauseMs);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
