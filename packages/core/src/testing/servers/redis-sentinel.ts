import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './redis-cluster.ts';
import { freePort } from './free-port.ts';
import { redisCli, startRedis } from './redis-server.ts';

export type WatchedRedis = {
  readonly sentinelPort: number;
  readonly masterName: string;
  /** Ends the master, and waits until the sentinel has put the replica in its place. */
  readonly failOver: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** A real master, a replica of it, and a sentinel that watches them. */
export async function startWatchedRedis(): Promise<WatchedRedis> {
  const masterName = 'room';
  const master = await startRedis();
  const replica = await startRedis(['--replicaof', `127.0.0.1 ${master.port}`]);
  await until(() => redisCli(replica.port, 'INFO', 'replication').includes('master_link_status:up'));
  const sentinelPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const watches = [
    `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${masterName} 300`,
    `sentinel failover-timeout ${masterName} 2000`,
  ];
  writeFileSync(file, [`port ${sentinelPort}`, 'bind 127.0.0.1', `dir ${folder}`, ...watches, ''].join('\n'));
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  const ask = (...args: string[]) => redisCli(sentinelPort, 'SENTINEL', ...args);
  await until(() => {
    try {
      return ask('replicas', masterName).includes(String(replica.port));
    } catch {
      return false; // It is not up yet.
    }
  });
  return {
    sentinelPort,
    masterName,
    failOver: async () => {
      // What the replica has not heard of yet would be lost with the master, as Redis has it.
      const written = offsetOf(master.port, 'master_repl_offset');
      await until(() => offsetOf(replica.port, 'slave_repl_offset') >= written);
      await master.kill();
      await until(() => ask('get-master-addr-by-name', masterName).includes(String(replica.port)));
      await until(() => redisCli(replica.port, 'INFO', 'replication').includes('role:master'));
    },
    stop: async () => {
      sentinel.kill('SIGKILL');
      await Promise.all([master.stop(), replica.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function offsetOf(port: number, name: string): number {
  return Number(new RegExp(`${name}:(\\d+)`).exec(redisCli(port, 'INFO', 'replication'))?.[1]);
}
