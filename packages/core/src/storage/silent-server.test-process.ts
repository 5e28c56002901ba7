/** A process of its own that calls a server which accepts and never answers, closes, and has nothing more to do. */
import { isStateroomError } from '../errors.ts';
import { redisStorage } from './redis.ts';
import { upstashStorage } from './upstash.ts';

const [engine = '', port = ''] = process.argv.slice(2);
const timeoutMs = 200;
const storage =
  engine === 'redis'
    ? redisStorage({ url: `redis://127.0.0.1:${port}`, timeoutMs })
    : upstashStorage({ url: `http://127.0.0.1:${port}`, token: 'token', timeoutMs });
const set = { type: 'set', key: 'a', value: '', version: 'v1', ttlMs: null } as const;
const calls = [
  () => storage.read({ entries: ['a'] }),
  () => storage.read({ entries: ['a', 'b'] }),
  () => storage.commit({ checks: [{ key: 'a', version: null }], changes: [set] }),
  () => storage.scan('', null, 10),
  () => storage.ping(),
];
const codes: string[] = [];
for (const call of calls) {
  await call().then(
    () => codes.push('an answer'),
    (error: unknown) => codes.push(isStateroomError(error) ? error.code : String(error)),
  );
}
await storage.close();
process.stdout.write(JSON.stringify(codes));
