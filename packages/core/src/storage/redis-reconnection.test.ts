import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RedisProxy, startProxy } from '../testing/servers/redis-proxy.ts';
import { hasRedis, redisCli, redisNote, type RedisServer, startRedis } from '../testing/servers/redis-server.ts';
import { redisStorage } from './redis.ts';

const put = (key: string, value = 'value') =>
  ({
    checks: [{ key, version: null }],
    changes: [{ type: 'set', key, value, version: 'v1', ttlMs: null }],
  }) as const;
const large = 'x'.repeat(1_000_000);

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error);

describe.skipIf(!hasRedis)(`redisStorage, when it is connected anew${redisNote}`, () => {
  let server: RedisServer;
  let proxy: RedisProxy;
  beforeEach(async () => {
    server = await startRedis();
    proxy = await startProxy(server.port);
  });
  afterEach(async () => {
    await proxy.stop();
    await server.stop();
  });

  it.each([
    ['its user is gone', '', ['DELUSER', 'app']],
    ['it may not choose its database', '/2', ['SETUSER', 'app', '-select']],
  ])('sends nothing behind a greeting that may be refused: %s', async (_, database, rule) => {
    redisCli(server.port, 'ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all');
    await using storage = redisStorage({
      url: `${proxy.url.replace('//', '//app:secret@')}${database}`,
      timeoutMs: 1000,
    });
    await storage.commit(put('before'));
    await proxy.cut();
    redisCli(server.port, 'ACL', ...rule);
    // Nothing is connected: what is asked for now waits.
    await delay(100);
    const commits = [put('small'), put('large', large)].map((commit) => storage.commit(commit));
    await delay(50);
    await proxy.restore();
    const outcomes = await Promise.allSettled(commits);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && codeOf(outcome.reason))).toEqual([
      'STORAGE',
      'STORAGE',
    ]);
    for (const number of ['0', '2']) expect(redisCli(server.port, '-n', number, 'EXISTS', 'small', 'large')).toBe('0');
  });

  it('finds a server again that had no room for it for a while', async () => {
    await using storage = redisStorage({ url: proxy.url, timeoutMs: 500 });
    await storage.commit(put('before'));
    redisCli(server.port, 'CONFIG', 'SET', 'maxclients', '2');
    await proxy.cut();
    const others = [1, 2].map(() => connect(server.port, '127.0.0.1'));
    for (const socket of others) {
      socket.write('PING\r\n');
      await once(socket, 'data');
    }
    await proxy.restore();
    await expect(storage.commit(put('during'))).rejects.toMatchObject({ code: 'STORAGE' });
    await delay(100);
    for (const socket of others) socket.destroy();
    await expect.poll(() => storage.commit(put(crypto.randomUUID())).then(() => 'done', codeOf)).toBe('done');
  });
});
