import { AbortError, ClientClosedError, ClientOfflineError, ErrorReply, ReconnectStrategyError } from 'redis';
import { isStateroomError, refuseUnless, type StateroomError } from '../errors.ts';
import { type Logger, silentLogger } from '../logger.ts';
import type { StorageProvider } from './provider.ts';
import { codeOf, type ErrorListener, type Link, openLink, type RedisServers, refuseOddUrl } from './redis-link.ts';
import {
  CommandError,
  defaultTimeoutMs,
  type PageOfKeys,
  type RedisConnection,
  RedisStorage,
  type RedisStorageOptions as CommonOptions,
  type scanServer,
} from './redis-storage.ts';

export type { RedisClient } from './redis-link.ts';

export type RedisStorageOptions = CommonOptions &
  RedisServers & {
    /** Told when the server may evict keys, and of connections that are lost. */
    readonly logger?: Logger;
  };

/**
 * Redis 6.2 or later, or Valkey, over TCP, by node-redis: one server, Sentinel, or Cluster. Connects with the first
 * call. All processes see the same; an acknowledged commit is as durable as the server's own settings make it.
 */
export function redisStorage(options: RedisStorageOptions): StorageProvider {
  if ('url' in options) refuseOddUrl(options.url);
  if ('client' in options)
    refuseUnless(typeof options.client?.sendCommand === 'function', 'client', 'is none of redis');
  const open = (onError: ErrorListener) => openLink(options, onError);
  return new RedisStorage(new NodeRedisConnection(open, options), options);
}

class NodeRedisConnection implements RedisConnection {
  readonly name = 'redis';
  readonly consistency = 'linearizable';
  readonly #open: (onError: ErrorListener) => Link;
  readonly #logger: Logger;
  readonly #timeoutMs: number;
  #link: Link | null = null;
  #connected: Promise<unknown> = Promise.resolve();
  #lastError: unknown = null;
  #heardAt = 0;

  constructor(
    open: (onError: ErrorListener) => Link,
    { logger = silentLogger, timeoutMs = defaultTimeoutMs }: RedisStorageOptions,
  ) {
    this.#open = open;
    this.#logger = logger;
    this.#timeoutMs = timeoutMs;
  }

  send(command: readonly string[], key: string | null, signal: AbortSignal): Promise<unknown> {
    return this.#over((link) => link.send(command, key, signal), signal);
  }

  scan(page: PageOfKeys, signal: AbortSignal): ReturnType<typeof scanServer> {
    return this.#over((link) => link.scan(page, signal), signal);
  }

  showsOwnWrites(): boolean {
    return true;
  }

  describe(keys: readonly string[], signal: AbortSignal): Promise<[unknown, unknown][]> {
    return Promise.all(
      keys.map((key) => Promise.all([this.send(['TYPE', key], key, signal), this.send(['PTTL', key], key, signal)])),
    );
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.send(['PING'], null, signal);
    const info = String(await this.send(['INFO', 'memory'], null, signal));
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? 'noeviction';
    if (policy !== 'noeviction') {
      this.#logger.warn(
        { policy },
        'redis may evict sessions when its memory is full; set maxmemory-policy to noeviction',
      );
    }
  }

  async close(): Promise<void> {
    this.#link?.destroy();
  }

  async #over<R>(call: (link: Link) => Promise<R>, signal: AbortSignal): Promise<R> {
    const link = await this.#connect(signal);
    try {
      const reply = await unlessAborted(call(link), signal);
      this.#heardAt = performance.now();
      return reply;
    } catch (error) {
      if (error instanceof ErrorReply) this.#heardAt = performance.now();
      if (signal.aborted) this.#dropSilent(link);
      // The server has said no to it for good: the next call asks anew.
      if (error instanceof ClientClosedError) this.#drop(link);
      throw this.#failure(error);
    }
  }

  async #connect(signal: AbortSignal): Promise<Link> {
    if (this.#link === null) {
      this.#link = this.#open((error) => this.#noteError(error));
      this.#connected = this.#link.connect();
      this.#heardAt = performance.now();
    }
    const link = this.#link;
    try {
      await unlessAborted(this.#connected, signal);
    } catch (error) {
      if (error === unanswered) this.#dropSilent(link);
      else this.#drop(link);
      throw this.#failure(error === unanswered ? new AbortError() : error);
    }
    return link;
  }

  /** A link on which nothing came back for much of a call's time is as good as cut, though nobody has said so. */
  #dropSilent(link: Link): void {
    if (performance.now() - this.#heardAt > this.#timeoutMs / 2) this.#drop(link);
  }

  #drop(link: Link): void {
    if (this.#link !== link) return;
    this.#link = null;
    link.destroy();
  }

  #noteError(error: unknown): void {
    this.#lastError = error;
    this.#logger.warn({ reason: reasonOf(error) }, 'the connection to redis was lost');
  }

  #failure(error: unknown): CommandError | StateroomError {
    if (error instanceof CommandError || isStateroomError(error)) return error;
    // Of a connection that was never made, and will not be: the server has said no.
    if (error instanceof ReconnectStrategyError) return this.#failure(error.originalError);
    if (error instanceof ErrorReply) {
      return new CommandError(reasonOf(error), { code: codeOf(error), mayHaveRun: false });
    }
    if (error === unanswered) return new CommandError('no answer in time', { mayHaveRun: true, isTimeout: true });
    if (error instanceof AbortError || error instanceof ClientClosedError || error instanceof ClientOfflineError) {
      const reason = this.#lastError === null ? 'no connection in time' : `no connection: ${reasonOf(this.#lastError)}`;
      return new CommandError(reason, { mayHaveRun: false, isTimeout: this.#lastError === null });
    }
    return new CommandError(`the connection was lost: ${reasonOf(error)}`, { mayHaveRun: true });
  }
}

const unanswered = Symbol('unanswered');

/** Rejects with `unanswered` after an abort, unless the promise itself says first what became of it. */
async function unlessAborted<R>(promise: Promise<R>, signal: AbortSignal): Promise<R> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => setTimeout(reject, 0, unanswered);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Of an error what may be logged: what Redis says goes on with the arguments of an unknown command. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error ? String(error.code) : '';
  return code || (error.message.split(', with args', 1)[0] ?? '').slice(0, 200) || error.name;
}
