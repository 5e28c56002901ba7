import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../testing/servers/free-port.ts';
import { hasRedis, redisNote } from '../testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../testing/servers/upstash-server.ts';
import { type Environment, storageFromEnv } from './from-env.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-'));
afterAll(() => rmSync(folder, { recursive: true }));
const defaultPath = join(folder, 'default.db');

async function chosen(environment: Environment): Promise<unknown[]> {
  const lines: unknown[] = [];
  const log = (fields: object) => void lines.push(fields);
  const logger = { debug: log, info: log, warn: log, error: log };
  await using storage = await storageFromEnv(environment, { defaultPath, logger });
  expect((await storage.read({ entries: ['a'] })).entries).toEqual([null]);
  return lines;
}

describe('storageFromEnv', () => {
  it('is SQLite when nothing is configured, and says why', async () => {
    expect(await chosen({})).toEqual([{ storage: 'sqlite', because: 'nothing else is configured' }]);
    expect(await chosen({ STATEROOM_SQLITE_PATH: join(folder, 'other.db') })).toHaveLength(1);
    expect(await chosen({ STATEROOM_STORAGE: ' memory ', REDIS_URL: 'redis://127.0.0.1:1' })).toEqual([
      { storage: 'memory', because: 'STATEROOM_STORAGE names it' },
    ]);
    expect(await chosen({ USE_REDIS: 'No', REDIS_URL: 'redis://127.0.0.1:1', KV_REST_API_URL: '' })).toMatchObject([
      { storage: 'sqlite' },
    ]);
  });

  it.each([
    ['STATEROOM_STORAGE', { STATEROOM_STORAGE: 'mongo' }],
    ['STATEROOM_STORAGE', { STATEROOM_STORAGE: 'toString' }],
    ['USE_REDIS', { USE_REDIS: 'maybe' }],
    ['UPSTASH_REDIS_REST_TOKEN', { UPSTASH_REDIS_REST_URL: 'https://x.upstash.io' }],
    ['UPSTASH_REDIS_REST_URL', { UPSTASH_REDIS_REST_TOKEN: 'secret-token' }],
    ['KV_REST_API_URL', { KV_REST_API_TOKEN: 'secret-token' }],
    ['UPSTASH_REDIS_REST_URL', { STATEROOM_STORAGE: 'upstash' }],
    ['UPSTASH_REDIS_REST_URL', { UPSTASH_REDIS_REST_URL: 'x.upstash.io', UPSTASH_REDIS_REST_TOKEN: 'secret-token' }],
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }],
    ['REDIS_URL', { REDIS_URL: 'redis://localhost/first' }],
    ['UPSTASH_REDIS_REST_URL', { UPSTASH_REDIS_REST_URL: 'https://x', UPSTASH_REDIS_REST_TOKEN: 'secret-token' }],
    ['REDIS_URL', { REDIS_URL: 'http://:secret-token@localhost' }],
    ['STATEROOM_SQLITE_PATH', { STATEROOM_SQLITE_PATH: folder }],
  ])('refuses what is half set or makes no sense, by the name of %s', async (variable, environment) => {
    const error: unknown = await storageFromEnv(environment, { defaultPath }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'INVALID', path: variable, message: expect.stringMatching(`^${variable}`) });
    expect(String(error)).not.toContain('secret-token');
  });

  it('does not fall back when the server that is named does not answer', async () => {
    const environment = { REDIS_URL: `redis://:secret-token@127.0.0.1:${await freePort()}` };
    const error: unknown = await storageFromEnv(environment, { defaultPath }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'STORAGE', path: 'REDIS_URL' });
    expect(String(error)).not.toContain('secret-token');
  });
});

describe.skipIf(!hasRedis)(`storageFromEnv with servers${redisNote}`, () => {
  let server: UpstashServer;
  beforeAll(async () => {
    server = await startUpstash();
  });
  afterAll(() => server.stop());

  it('takes Upstash before Redis before SQLite, by what is set', async () => {
    const { url, token, redis } = server;
    const ofUpstash = { KV_REST_API_URL: url, KV_REST_API_TOKEN: token };
    expect(await chosen({ ...ofUpstash, REDIS_URL: redis.url })).toMatchObject([{ storage: 'upstash' }]);
    expect(await chosen({ ...ofUpstash, REDIS_URL: redis.url, USE_REDIS: 'yes' })).toEqual([
      { storage: 'redis', because: 'USE_REDIS is true' },
    ]);
    expect(await chosen({ REDIS_URL: redis.url })).toEqual([{ storage: 'redis', because: 'REDIS_URL is set' }]);
  });
});
