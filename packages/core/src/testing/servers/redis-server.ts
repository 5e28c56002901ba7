import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** For the name of a suite that is skipped without a real Redis: why, and how to have it run. */
export const redisNote = hasRedis
  ? ''
  : ' (skipped: needs redis-server on the PATH; Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)';

export type RedisServer = {
  readonly port: number;
  readonly url: string;
  /** Ends it at once, as a crash does. What it had written to its file stays. */
  readonly kill: () => Promise<void>;
  /** Begins it again on the same port and files. */
  readonly restart: () => Promise<void>;
  /** Ends it, and takes its files away. */
  readonly stop: () => Promise<void>;
};

/** A real redis-server on a free port of this machine, with a folder of its own and nothing kept but by `flags`. */
export async function startRedis(flags: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-redis-'));
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...flags];
  let server = await run(args, port);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill: () => end(server, 'SIGKILL'),
    restart: async () => {
      server = await run(args, port);
    },
    stop: async () => {
      await end(server, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What redis-cli prints. */
export function redisCli(port: number, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`redis-cli failed: ${stderr || stdout}`);
  return stdout.trim();
}

async function run(args: readonly string[], port: number): Promise<ChildProcess> {
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  for (let tries = 0; tries < 200; tries++) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with ${server.exitCode}`);
    const answer = spawnSync('redis-cli', ['-p', String(port), 'ping'], { encoding: 'utf8' });
    if (answer.stdout.includes('PONG')) return server;
    await delay(25);
  }
  throw new Error('redis-server does not answer');
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await ended;
}
