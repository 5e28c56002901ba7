import { redisStorage } from '@stateroom/core/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, redisNote, type RedisServer, startRedis } from '../../../core/src/testing/servers/redis-server.ts';
import { ChatServer } from '../testing/chat-server.ts';
import { holdTalks } from '../testing/conversations.ts';

describe.skipIf(!hasRedis)(`many conversations at once, on two servers and one Redis${redisNote}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('are each kept whole, apart from all others, and each message counts once', async () => {
    await using storage = redisStorage({ url: redis.url });
    // A lease that is not lost while the machine is busy with all.
    const options = { delayMs: 2, leaseMs: 30_000 };
    await using a = await ChatServer.start(redis.url, options);
    await using b = await ChatServer.start(redis.url, options);
    const talks = { urls: [a.url, b.url], storage, conversations: 20, turns: 3 };
    const { violations, turnMs, sentTwice } = await holdTalks(talks);
    expect(violations).toEqual([]);
    expect([turnMs.length, sentTwice]).toEqual([40, 20]);
  });
});
