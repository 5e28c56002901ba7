import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { redisCli, type RedisServer, startRedis } from './redis-server.ts';

/** What may go wrong with one request. */
type Fault =
  /** An answer of the service's edge; the command has not run. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  /** The command has run, but its answer is cut off. */
  | 'reply lost'
  /** The command has run, but its answer comes in part and then no more. */
  | 'slow body'
  /** The connection ends before the command has run. */
  | 'cut';

export type UpstashServer = {
  readonly url: string;
  readonly token: string;
  readonly redis: RedisServer;
  /** Faults of the next requests, in turn; none by default. */
  readonly fail: (...faults: Fault[]) => void;
  /** Keeps back the answer of the next request until it is let go. */
  readonly holdAnswer: () => () => void;
  /** From now on reads without a token of the last write are answered by a replica that is behind. */
  readonly lag: () => Promise<void>;
  /** Since the last call: HTTP requests, and commands as Upstash bills them, those inside a script one by one. */
  readonly cost: () => { requests: number; commands: number };
  readonly stop: () => Promise<void>;
};

type Command = (string | number)[];
type Reply = { result: unknown } | { error: string };

const readCommands = new Set(['GET', 'MGET', 'LRANGE', 'LLEN', 'EXISTS', 'TYPE', 'PTTL', 'SCAN']);

/** Upstash's REST protocol in front of a real redis-server. Source: https://upstash.com/docs/redis/features/restapi */
export async function startUpstash(): Promise<UpstashServer> {
  const token = 'upstash-token-of-the-test';
  // The replica comes along at once, not after the seconds that a master waits for more of them.
  const redis = await startRedis(['--repl-diskless-sync-delay', '0']);
  const replica = await startRedis(['--replicaof', `127.0.0.1 ${redis.port}`]);
  const master = await createClient({ url: redis.url, RESP: 2 }).connect();
  const behind = await createClient({ url: replica.url, RESP: 2 }).connect();
  const faults: Fault[] = [];
  const state = { requests: 0, isLagging: false, writes: 0, held: Promise.resolve() };

  async function run(command: Command, isFresh: boolean): Promise<Reply> {
    const [name = '', ...args] = command.map(String);
    const isRead = readCommands.has(name.toUpperCase());
    if (!isRead) state.writes += 1;
    const client = isRead && state.isLagging && !isFresh ? behind : master;
    return client.sendCommand([name, ...args]).then(
      (result) => ({ result }),
      (error: Error) => ({ error: error.message }),
    );
  }

  async function runAll(commands: readonly Command[], isFresh: boolean): Promise<Reply[]> {
    const replies: Reply[] = [];
    for (const command of commands) replies.push(await run(command, isFresh));
    return replies;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    state.requests += 1;
    // Only the client of this package's own tests calls, with commands as its types say.
    const body: unknown = JSON.parse(await textOf(request));
    const fault = faults.shift();
    if (request.headers.authorization !== `Bearer ${token}`) {
      return send(response, 401, JSON.stringify({ error: 'WRONGPASS invalid or missing auth token' }));
    }
    if (typeof fault === 'object') return send(response, fault.status, fault.body, fault.headers);
    if (fault === 'cut') return void request.socket.destroy();
    const isFresh = Number(request.headers['upstash-sync-token'] ?? -1) >= state.writes;
    const replies = await runAll(request.url === '/' ? [body as Command] : (body as Command[]), isFresh);
    if (fault === 'reply lost') return void request.socket.destroy();
    const result = request.url === '/' ? (replies[0] ?? {}) : replies;
    const text = JSON.stringify(request.headers['upstash-encoding'] === 'base64' ? encoded(result) : result);
    const status = 'error' in result ? 400 : 200;
    const [held, writes] = [state.held, state.writes];
    state.held = Promise.resolve();
    await held;
    if (fault === 'slow body') {
      response.writeHead(status, { 'content-type': 'application/json' });
      return void response.write(text.slice(0, text.length / 2));
    }
    send(response, status, text, { 'upstash-sync-token': String(writes) });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      send(response, 400, JSON.stringify({ error: `ERR ${String(error)}` })),
    );
  });
  // The other end of a connection that a client keeps for later is in this process; it is no leak of the client's.
  server.on('connection', (socket) => socket.unref());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    token,
    redis,
    fail: (...next) => void faults.splice(0, faults.length, ...next),
    holdAnswer: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      state.held = promise;
      return resolve;
    },
    lag: async () => {
      const offset = /master_repl_offset:(\d+)/.exec(redisCli(redis.port, 'INFO', 'replication'))?.[1];
      while (!isUpTo(Number(offset), redisCli(replica.port, 'INFO', 'replication'))) await sleep(20);
      redisCli(replica.port, 'REPLICAOF', 'NO', 'ONE');
      state.isLagging = true;
    },
    cost: () => {
      const cost = { requests: state.requests, commands: commandsRun(redis.port) };
      redisCli(redis.port, 'CONFIG', 'RESETSTAT');
      state.requests = 0;
      return cost;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      master.destroy();
      behind.destroy();
      await Promise.all([redis.stop(), replica.stop()]);
    },
  };
}

function isUpTo(offset: number, replication: string): boolean {
  const isLinked = replication.includes('master_link_status:up');
  return isLinked && Number(/slave_repl_offset:(\d+)/.exec(replication)?.[1]) >= offset;
}

/** All commands but those with which the server and its replica keep themselves going. */
function commandsRun(port: number): number {
  const lines = redisCli(port, 'INFO', 'commandstats').matchAll(/cmdstat_(\w+)\S*:calls=(\d+)/g);
  const own = ['ping', 'info', 'config', 'replconf', 'psync', 'hello', 'client', 'wait', 'command'];
  return [...lines].reduce((sum, [, name = '', calls]) => (own.includes(name) ? sum : sum + Number(calls)), 0);
}

/** Strings as base64, "OK" alone as it is. */
function encoded(value: unknown): unknown {
  if (typeof value === 'string') return value === 'OK' ? value : Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(encoded);
  if (typeof value !== 'object' || value === null) return value;
  return 'result' in value ? { result: encoded(value.result) } : value;
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
