/** The app of hono-server as a worker, in workerd, on what speaks Upstash's protocol: a turn whose client leaves ends. */
import { hasRedis } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { startUpstash } from '../../../packages/core/src/testing/servers/upstash-server.ts';
import { firstWords, Guest, heard, lastAnswer } from '../testing/guest.ts';
import { startWorker } from './start-worker.ts';

if (!hasRedis) throw new Error('this needs redis-server on the PATH');
const upstash = await startUpstash();
const storage = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
{
  await using worker = await startWorker({ ...storage, WORD_MS: '20' });
  const guest = new Guest(worker.url);
  const left = await firstWords(await guest.begin('the tides'), 5);
  console.log('heard, before the client leaves:', left.text);
  const { text, end } = await heard(await guest.follow({ id: left.sessionId, turn: left.turnId }));
  console.log('the turn goes on, and ends with:', end);
  const conversation = await guest.show(left.sessionId);
  console.log('words in the transcript:', lastAnswer(conversation).split(' ').length);
  console.log('as they were followed:', lastAnswer(conversation) === text);
}
await upstash.stop();
