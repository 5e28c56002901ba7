import { errors, Redis } from '@upstash/redis';
import { StateroomError } from '../errors.ts';
import type { StorageProvider } from './provider.ts';
import {
  CommandError,
  type PageOfKeys,
  type RedisConnection,
  RedisStorage,
  type RedisStorageOptions,
  scanServer,
} from './redis-storage.ts';
import { SyncToken } from './upstash-sync-token.ts';

export type UpstashStorageOptions = RedisStorageOptions & {
  /** As UPSTASH_REDIS_REST_URL. */
  readonly url: string;
  /** As UPSTASH_REDIS_REST_TOKEN; one that may write. */
  readonly token: string;
};

/**
 * Redis over HTTP, by @upstash/redis: for serverless and edge runtimes, where sockets do not last. A read may be
 * answered by a replica that is behind the newest commit of others; what this client wrote it sees.
 */
export function upstashStorage(options: UpstashStorageOptions): StorageProvider {
  return new RedisStorage(connection(validated(options)), options);
}

function connection(options: UpstashStorageOptions): UpstashConnection {
  try {
    return new UpstashConnection(options);
  } catch (cause) {
    if (!(cause instanceof errors.UrlError)) throw cause;
    // Without the cause, which shows the URL.
    throw new StateroomError('INVALID', 'url is not one that Upstash gives', { path: 'url' });
  }
}

class UpstashConnection implements RedisConnection {
  readonly name = 'upstash';
  readonly consistency = 'read-your-writes';
  readonly #redis: Redis;
  readonly #token = new SyncToken();
  #signal: AbortSignal | undefined;

  constructor({ url, token }: UpstashStorageOptions) {
    this.#redis = new Redis({
      url,
      token,
      // The client's defaults would parse values, mix up replies, send again what is not to be sent twice, and decode
      // text as files, whose first character may be a mark.
      automaticDeserialization: false,
      enableAutoPipelining: false,
      retry: { retries: 0 },
      responseEncoding: false,
      // A function: a signal by itself would be answered as an absent value. It is asked for while a request is made.
      signal: () => this.#signal ?? AbortSignal.abort(),
    });
  }

  send(command: readonly string[], _key: string | null, signal: AbortSignal): Promise<unknown> {
    const [name = '', ...args] = command;
    const isWrite = name.startsWith('EVAL');
    return this.#token.during(isWrite, () => this.#request(signal, () => this.#redis.exec([name, ...args])));
  }

  scan(page: PageOfKeys, signal: AbortSignal): ReturnType<typeof scanServer> {
    return scanServer(page, (command) => this.send(command, null, signal));
  }

  showsOwnWrites(): boolean {
    return this.#token.isNewest();
  }

  async describe(keys: readonly string[], signal: AbortSignal): Promise<[unknown, unknown][]> {
    const pipeline = this.#redis.pipeline();
    for (const key of keys) pipeline.type(key).pttl(key);
    const replies = await this.#token.during(false, () => this.#request(signal, () => pipeline.exec<unknown[]>()));
    return keys.map((_key, index) => [replies[index * 2], replies[index * 2 + 1]]);
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.send(['PING'], null, signal);
  }

  async close(): Promise<void> {}

  async #request<R>(signal: AbortSignal, begin: () => Promise<R>): Promise<R> {
    try {
      this.#signal = signal;
      return await begin();
    } catch (error) {
      throw failureOf(error, signal);
    }
  }
}

/** Leaves the error of the client behind, which shows the command and its values. */
function failureOf(error: unknown, signal: AbortSignal): CommandError {
  if (signal.aborted) return new CommandError('no answer in time', { mayHaveRun: true, isTimeout: true });
  if (error instanceof errors.UpstashError) return refusalOf(error.message.split(', command was:', 1)[0] ?? '');
  if (error instanceof errors.UpstashJSONParseError) {
    return new CommandError('the answer was not of Upstash', { mayHaveRun: true });
  }
  const code = networkCode(error);
  const reason = code === null ? 'the connection was lost' : `the connection was lost: ${code}`;
  return new CommandError(reason, { mayHaveRun: code === null || !neverConnected.has(code) });
}

/** The client tells neither the status nor the headers of an answer, so its words must do. */
function refusalOf(answer: string): CommandError {
  if (/\b(max .*limit|too many requests|rate limit)/i.test(answer)) {
    return new CommandError('the limit of requests is reached', { code: 'RATE', mayHaveRun: false });
  }
  const code = /^(?:Command .* failed: )?([A-Z]{3,})\b/.exec(answer)?.[1];
  if (code === undefined) return new CommandError('the service failed', { mayHaveRun: true });
  return new CommandError(code, { code, mayHaveRun: false });
}

const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

function networkCode(error: unknown): string | null {
  const cause = error instanceof Error ? error.cause : null;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : null;
}

function validated(options: UpstashStorageOptions): UpstashStorageOptions {
  if (!/^https?:$/.test(URL.parse(options.url)?.protocol ?? '')) {
    throw new StateroomError('INVALID', 'url is not that of a REST endpoint; write https://…', { path: 'url' });
  }
  if (!/^\S+$/.test(options.token)) {
    throw new StateroomError('INVALID', 'token is empty or holds white space', { path: 'token' });
  }
  return options;
}
