import { redisStorage } from '@stateroom/core/redis';
import { ChatServer } from '../../../packages/ai-sdk/src/testing/chat-server.ts';
import { holdTalks } from '../../../packages/ai-sdk/src/testing/conversations.ts';
import { hasRedis, startRedis } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { percentiles, print } from './measure.ts';

const [conversations, turnsEach] = [500, 5];
// As many at once need more than a small machine has: what they wait for is the processor. No lease ends meanwhile.
const server = { delayMs: 2, leaseMs: 60_000 };

/** Five hundred conversations at once, by HTTP, on two processes of the route and one Redis, then read back. */
export async function conversationsAtOnce(): Promise<void> {
  print(`${conversations} conversations at once, of ${turnsEach} turns, on two processes and one Redis`);
  if (!hasRedis) return print('  skipped: there is no redis-server');
  const redis = await startRedis();
  try {
    await using storage = redisStorage({ url: redis.url });
    await using a = await ChatServer.start(redis.url, server);
    await using b = await ChatServer.start(redis.url, server);
    const talks = { urls: [a.url, b.url], storage, conversations, turns: turnsEach };
    const { seconds, firstByteMs, turnMs, sentTwice, violations } = await holdTalks(talks);
    const messages = conversations * turnsEach;
    print(`  ${messages} messages in ${seconds.toFixed(1)} s, of which ${sentTwice} were sent to both processes`);
    print(`  the first byte of an answer  ${percentiles(firstByteMs)}`);
    print(`  a whole turn                 ${percentiles(turnMs)}`);
    print(`  ${violations.length} violations`);
    for (const violation of violations.slice(0, 20)) print(`    ${violation}`);
    if (violations.length > 0) process.exitCode = 1;
  } finally {
    await redis.stop();
  }
}
