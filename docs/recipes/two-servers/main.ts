/** Two servers on one Redis behind a proxy: a turn of one is followed by way of the other, and outlives its process. */
import { hasRedis, startRedis } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { firstWords, Guest, heard, idsOf } from '../testing/guest.ts';
import { Served } from '../testing/served.ts';
import { startProxy } from './start-proxy.ts';

if (!hasRedis) throw new Error('this needs redis-server on the PATH');
const redis = await startRedis(['--appendonly', 'yes', '--maxmemory-policy', 'noeviction']);
const environment = { STATEROOM_STORAGE: 'redis', REDIS_URL: redis.url, LEASE_MS: '3000' };
await using a = await Served.start({ ...environment, WORD_MS: '50' });
await using b = await Served.start({ ...environment, WORD_MS: '0' });
await using proxy = await startProxy([a.url, b.url]);
const guest = new Guest(proxy.url);
console.log('two servers behind', proxy.url);

const { sessionId: id, turnId: turn } = idsOf(await new Guest(a.url).begin('the tides'));
const said = await firstWords(await new Guest(b.url).follow({ id, turn }), 6);
console.log('begun on one, followed on the other:', said.text);
await a.end('SIGKILL');
const rest = await heard(await guest.follow({ id, turn }));
console.log('the one is killed; a follower is told all it had said:', rest.text.startsWith(said.text));

const next = await guest.say('the stars', id);
console.log('the next turn, on the other, ends with:', next.end);
console.log('turns:', (await guest.show(id)).turns.map(({ status }) => status).join(', '));
await b.end('SIGTERM');
await redis.stop();
