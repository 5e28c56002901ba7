import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { redisCli, type RedisServer, startRedis } from './redis-server.ts';

export type RedisCluster = { readonly urls: readonly string[]; readonly stop: () => Promise<void> };

/** Three real masters on loopback that share the slots between them. */
export async function startCluster(): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  for (let index = 0; index < 3; index++) {
    const busPort = String(await freePort());
    nodes.push(await startRedis(['--cluster-enabled', 'yes', '--cluster-port', busPort]));
  }
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error('a cluster has nodes');
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  redisCli(first.port, '--cluster', 'create', ...addresses, '--cluster-yes');
  for (const { port } of [first, ...others])
    await until(() => redisCli(port, 'CLUSTER', 'INFO').includes('cluster_state:ok'));
  return {
    urls: nodes.map(({ url }) => url),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/** Asks again and again, for ten seconds at most. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (isSo()) return;
    await delay(50);
  }
  throw new Error('it did not come to be so within ten seconds');
}
