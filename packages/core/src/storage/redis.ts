import {
  AbortError,
  ClientClosedError,
  createClient,
  createCluster,
  createSentinel,
  ErrorReply,
  type RedisClientOptions,
  type RedisClusterOptions,
  type RedisSentinelOptions,
} from 'redis';
import { StateroomError } from '../errors.ts';
import { type Logger, silentLogger } from '../logger.ts';
import type { StorageProvider } from './provider.ts';
import {
  CommandError,
  defaultTimeoutMs,
  isPassing,
  type RedisConnection,
  RedisStorage,
  type RedisStorageOptions as CommonOptions,
} from './redis-storage.ts';

export type RedisStorageOptions = CommonOptions & {
  /** Told when the server may evict keys, and of connections that are lost. */
  readonly logger?: Logger;
} & (
    | {
        /** `redis[s]://[user:password@]host[:port][/database]`. */
        readonly url: string;
      }
    | {
        /** One that its owner connects and closes. */
        readonly client: RedisClient;
      }
    /** As node-redis' createCluster and createSentinel take them. */
    | { readonly cluster: RedisClusterOptions }
    | { readonly sentinel: RedisSentinelOptions }
  );

/** What is used of node-redis' client. */
export interface RedisClient {
  sendCommand(args: readonly string[], options?: { abortSignal?: AbortSignal; typeMapping?: object }): Promise<unknown>;
}

/**
 * Redis 6.2 or later, or Valkey, over TCP, by node-redis: one server, Sentinel, or Cluster. Connects with the first
 * call. All processes see the same; an acknowledged commit is as durable as the server's own settings make it.
 */
export function redisStorage(options: RedisStorageOptions): StorageProvider {
  if ('url' in options) refuseOddUrl(options.url);
  const open = (onError: ErrorListener) => openLink(options, onError);
  return new RedisStorage(new NodeRedisConnection(open, options), options);
}

/** The differences between node-redis' clients. */
type Link = {
  readonly connect: () => Promise<unknown>;
  readonly send: (command: readonly string[], key: string | null, abortSignal: AbortSignal) => Promise<unknown>;
  /** Ends it at once, with all that is in flight. */
  readonly destroy: () => void;
};

type ErrorListener = (error: unknown) => void;

function openLink(options: RedisStorageOptions, onError: ErrorListener): Link {
  if ('url' in options) {
    const client = createClient(serverOptions(options.url)).on('error', onError);
    return {
      connect: () => client.connect(),
      send: (command, _key, abortSignal) => client.sendCommand(command, { abortSignal }),
      destroy: () => client.destroy(),
    };
  }
  if ('cluster' in options) {
    const cluster = createCluster(options.cluster).on('error', onError);
    return {
      connect: () => cluster.connect(),
      send: (command, key, abortSignal) => cluster.sendCommand(key ?? undefined, false, [...command], { abortSignal }),
      destroy: () => cluster.destroy(),
    };
  }
  if ('sentinel' in options) {
    // It would send a command again that may have run: a commit would then be refused by itself, and seem lost.
    const sentinel = createSentinel({ ...options.sentinel, maxCommandRediscovers: 0 }).on('error', onError);
    return {
      connect: () => sentinel.connect(),
      send: (command, _key, abortSignal) => sentinel.sendCommand(false, [...command], { abortSignal }),
      destroy: () => void sentinel.destroy(),
    };
  }
  const { client } = options;
  return {
    connect: async () => {},
    send: (command, _key, abortSignal) => client.sendCommand(command, { abortSignal, typeMapping: {} }),
    destroy: () => {},
  };
}

function refuseOddUrl(url: string): void {
  if (/^rediss?:$/.test(URL.parse(url)?.protocol ?? '')) return;
  // Without the URL, and without a cause: both would show the password.
  throw new StateroomError('INVALID', 'url is not a Redis URL; write redis://host:port', { path: 'url' });
}

function serverOptions(url: string): RedisClientOptions {
  return {
    url,
    socket: {
      // Tries for ever, since each call has its own deadline; but what the server says no to, as a password, stays so.
      reconnectStrategy: (retries, cause) =>
        cause instanceof ErrorReply && !isPassing(codeOf(cause))
          ? cause
          : Math.min(2 ** retries * 25, 1000) + Math.random() * 50,
    },
  };
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

  async send(command: readonly string[], key: string | null, signal: AbortSignal): Promise<unknown> {
    const link = await this.#connect(signal);
    try {
      const reply = await unlessAborted(link.send(command, key, signal), signal);
      this.#heardAt = performance.now();
      return reply;
    } catch (error) {
      if (error instanceof ErrorReply) this.#heardAt = performance.now();
      if (signal.aborted) this.#dropSilent(link);
      throw this.#failure(error);
    }
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

  #failure(error: unknown): CommandError {
    if (error instanceof ErrorReply) {
      return new CommandError(reasonOf(error), { code: codeOf(error), mayHaveRun: false });
    }
    if (error === unanswered) return new CommandError('no answer in time', { mayHaveRun: true, isTimeout: true });
    if (error instanceof AbortError || error instanceof ClientClosedError) {
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

/** As `WRONGPASS`: the word that begins what Redis says. */
function codeOf({ message }: ErrorReply): string {
  return /^[A-Z]+/.exec(message)?.[0] ?? 'ERR';
}

/** Of an error what may be logged: what Redis says goes on with the arguments of an unknown command. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error ? String(error.code) : '';
  return code || (error.message.split(', with args', 1)[0] ?? '').slice(0, 200) || error.name;
}
