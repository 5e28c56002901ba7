import {
  createClient,
  createCluster,
  createSentinel,
  ErrorReply,
  type RedisClientOptions,
  type RedisClusterOptions,
  type RedisSentinelOptions,
} from 'redis';
import { StateroomError } from '../errors.ts';
import { CommandError, isPassing, type PageOfKeys, scanServer } from './redis-storage.ts';

/** Where a Redis is: one server by its URL or a client of one's own, or several. */
export type RedisServers =
  | {
      /** `redis[s]://[user:password@]host[:port][/database]`. */
      readonly url: string;
    }
  | {
      /**
       * One that its owner connects and closes. Make it with `disableOfflineQueue: true`, as those that are made here
       * are: else a commit that waits for a connection goes out behind a greeting that the server may refuse, and is
       * told as not done though it was.
       */
      readonly client: RedisClient;
    }
  /** As node-redis' createCluster and createSentinel take them. */
  | { readonly cluster: RedisClusterOptions }
  | { readonly sentinel: RedisSentinelOptions };

/** What is used of node-redis' client. */
export interface RedisClient {
  sendCommand(args: readonly string[], options?: { abortSignal?: AbortSignal; typeMapping?: object }): Promise<unknown>;
}

/** The differences between node-redis' clients. */
export type Link = {
  readonly connect: () => Promise<unknown>;
  readonly send: (command: readonly string[], key: string | null, abortSignal: AbortSignal) => Promise<unknown>;
  /** One page; where there are several servers, of one of them. */
  readonly scan: (page: PageOfKeys, abortSignal: AbortSignal) => ReturnType<typeof scanServer>;
  /** Ends it at once, with all that is in flight. */
  readonly destroy: () => void;
};

export type ErrorListener = (error: unknown) => void;

export function openLink(options: RedisServers, onError: ErrorListener): Link {
  if ('url' in options) {
    const client = createClient(serverOptions(options.url)).on('error', onError);
    return {
      connect: () => client.connect(),
      send: (command, _key, abortSignal) => client.sendCommand(command, { abortSignal }),
      scan: (page, abortSignal) => scanServer(page, (command) => client.sendCommand(command, { abortSignal })),
      destroy: () => client.destroy(),
    };
  }
  if ('cluster' in options) return clusterLink(options.cluster, onError);
  if ('sentinel' in options) {
    // It would send a command again that may have run: a commit would then be refused by itself, and seem lost.
    const nodeClientOptions = { ...options.sentinel.nodeClientOptions, ...withoutQueue };
    const made = { ...options.sentinel, nodeClientOptions, maxCommandRediscovers: 0 };
    const sentinel = createSentinel(made).on('error', onError);
    return {
      connect: () => sentinel.connect(),
      send: (command, _key, abortSignal) => sentinel.sendCommand(false, [...command], { abortSignal }),
      scan: (page, abortSignal) =>
        scanServer(page, (command) => sentinel.sendCommand(false, [...command], { abortSignal })),
      destroy: () => void sentinel.destroy(),
    };
  }
  const { client } = options;
  const sendCommand = (command: readonly string[], abortSignal: AbortSignal) =>
    client.sendCommand(command, { abortSignal, typeMapping: {} });
  return {
    connect: async () => {},
    send: (command, _key, abortSignal) => sendCommand(command, abortSignal),
    scan: (page, abortSignal) => scanServer(page, (command) => sendCommand(command, abortSignal)),
    destroy: () => {},
  };
}

function clusterLink(options: RedisClusterOptions, onError: ErrorListener): Link {
  const defaults = { ...options.defaults, ...withoutQueue };
  const cluster = createCluster({ ...options, defaults }).on('error', onError);
  return {
    connect: () => cluster.connect(),
    send: (command, key, abortSignal) => cluster.sendCommand(key ?? undefined, false, [...command], { abortSignal }),
    scan: (page, abortSignal) =>
      scanServers(page, {
        addresses: cluster.masters.map(({ address }) => address),
        send: async (address, command) => {
          const master = cluster.masters.find((each) => each.address === address);
          if (master === undefined) throw new CommandError('the cluster has changed', { mayHaveRun: false });
          return (await cluster.nodeClient(master)).sendCommand(command, { abortSignal });
        },
      }),
    destroy: () => cluster.destroy(),
  };
}

export function refuseOddUrl(url: string): void {
  const { protocol = '', pathname = '', username = '', password = '' } = URL.parse(url) ?? {};
  const isDecodable = !/%(?![0-9a-f]{2})/i.test(username + password);
  if (/^rediss?:$/.test(protocol) && /^\/?\d*$/.test(pathname) && isDecodable) return;
  // Without the URL, and without a cause: both would show the password.
  throw new StateroomError('INVALID', 'url is not a Redis URL; write redis://user:password@host:port/database', {
    path: 'url',
  });
}

/** What waited for a connection would go out behind its greeting, whatever the server says to that. */
const withoutQueue = { disableOfflineQueue: true };

function serverOptions(url: string): RedisClientOptions {
  return {
    url,
    ...withoutQueue,
    socket: {
      // Tries for ever, since each call has its own deadline; but what the server says no to, as a password, stays so.
      reconnectStrategy: (retries, cause) =>
        cause instanceof ErrorReply && !isPassing(codeOf(cause))
          ? cause
          : Math.min(2 ** retries * 25, 1000) + Math.random() * 50,
    },
  };
}

/**
 * One page of all servers of a cluster, one after the other in the order of their addresses, with cursors that anybody
 * may go on with at any time: those of node-redis are its own, and move on by being used.
 */
async function scanServers(
  page: PageOfKeys,
  {
    addresses,
    send,
  }: { addresses: readonly string[]; send: (address: string, command: readonly string[]) => Promise<unknown> },
): ReturnType<typeof scanServer> {
  const all = addresses.toSorted();
  const [, from, inside = null] = /^(\S+) (\d+)$/.exec(page.cursor ?? '') ?? [null, all[0] ?? ''];
  const { cursor, keys } = await scanServer({ ...page, cursor: inside }, (command) => send(from, command));
  const next = all.find((address) => address > from);
  if (cursor !== null) return { keys, cursor: `${from} ${cursor}` };
  return { keys, cursor: next === undefined ? null : `${next} 0` };
}

/** As `WRONGPASS`: the word that begins what Redis says. */
export function codeOf({ message }: ErrorReply): string {
  return /^[A-Z]+/.exec(message)?.[0] ?? 'ERR';
}
