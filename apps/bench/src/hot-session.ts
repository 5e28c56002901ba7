import { SessionManager, unwrap } from '@stateroom/core';
import { redisStorage } from '@stateroom/core/redis';
import { createClient } from 'redis';
import { z } from 'zod';
import { hasRedis, startRedis } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { measure, print, printRates, ratio } from './measure.ts';

const workers = 50;
const compareAndSet = `
  if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
  redis.call('HSET', KEYS[1], 'version', ARGV[2], 'count', ARGV[3])
  return 1`;

/** Fifty writers at once on one session: in turn inside the process, or each against all. */
export async function hotSession(): Promise<void> {
  print(`hot session, ${workers} writers on one key of Redis`);
  if (!hasRedis) return print('  skipped: there is no redis-server');
  const server = await startRedis();
  try {
    const rates = new Map([
      ['SessionManager', await managed(server.url)],
      ['a bare loop of compare and set', await bare(server.url)],
    ]);
    printRates(rates);
    print(`  ${ratio(rates, 'SessionManager', 'a bare loop of compare and set')} times the updates`);
  } finally {
    await server.stop();
  }
}

async function managed(url: string) {
  await using storage = redisStorage({ url });
  const schema = z.object({ count: z.number() });
  const sessions = new SessionManager({ storage, schema, initialState: () => ({ count: 0 }) });
  const { sessionId } = unwrap(await sessions.createSession());
  let done = 0;
  const rate = await measure(
    async () => {
      unwrap(await sessions.updateSession(sessionId, ({ count }) => ({ count: count + 1 })));
      done += 1;
    },
    { ms: 5000, workers },
  );
  const { count } = unwrap(await sessions.getSession(sessionId)).data;
  print(`  ${done - count} of ${done} updates lost`);
  return rate;
}

async function bare(url: string) {
  const client = await createClient({ url }).connect();
  await client.hSet('bare', { version: '0', count: '0' });
  const rate = await measure(
    async () => {
      for (;;) {
        const [version, count] = await client.hmGet('bare', ['version', 'count']);
        const values = [version ?? '', crypto.randomUUID(), String(Number(count) + 1)];
        if ((await client.eval(compareAndSet, { keys: ['bare'], arguments: values })) === 1) return;
      }
    },
    { ms: 5000, workers },
  );
  client.destroy();
  return rate;
}
