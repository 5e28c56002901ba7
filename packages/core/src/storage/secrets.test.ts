import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Logger } from '../logger.ts';
import { freePort } from '../testing/servers/free-port.ts';
import { hasRedis, redisCli, redisNote, type RedisServer, startRedis } from '../testing/servers/redis-server.ts';
import { startUpstash, type UpstashServer } from '../testing/servers/upstash-server.ts';
import { encrypted } from './encrypted.ts';
import { keyValueStorage } from './key-value.ts';
import { memoryStorage } from './memory.ts';
import type { StorageProvider } from './provider.ts';
import { redisStorage } from './redis.ts';
import { sqliteStorage } from './sqlite.ts';
import { upstashStorage } from './upstash.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All that is said when a storage is used in ways that fail, in errors, their causes, and the log. */
class Ear {
  heard = '';
  readonly logger: Logger;

  constructor() {
    const log = (...line: unknown[]) => {
      this.heard += inspect(line);
    };
    this.logger = { debug: log, info: log, warn: log, error: log };
  }

  async listen(act: () => unknown): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.heard += inspect(error, { depth: 10, showHidden: true });
    }
  }

  async hearAll(storage: StorageProvider): Promise<void> {
    const key = 'room:{SECRET-id}';
    const set = { type: 'set', key, value: 'SECRET-value', version: 'v1', ttlMs: null } as const;
    const append = { type: 'append', key, items: ['SECRET-item'], ttlMs: null } as const;
    await this.listen(() => storage.commit({ checks: [{ key, version: null }], changes: [set] }));
    await this.listen(() => storage.commit({ checks: [], changes: [append] }));
    await this.listen(() => storage.commit({ checks: [], changes: [set] }));
    await this.listen(() => storage.commit({ checks: [], changes: [{ ...append, items: ['SECRET-\ud800'] }] }));
    await this.listen(() => storage.read({ lists: [{ key }] }));
    await this.listen(() => storage.read({ entries: [key] }));
    await this.listen(() => storage.scan('SECRET', null, 0));
    await this.listen(() => storage.ping());
    await storage.close();
    await this.listen(() => storage.read({ entries: [key] }));
  }
}

describe('no error and no log line tells a value, an id, a token or a password', () => {
  it('in this process and on its disk', async () => {
    const ear = new Ear();
    await ear.hearAll(memoryStorage());
    const path = join(folder, 'storage.db');
    await ear.hearAll(sqliteStorage({ path }));
    writeFileSync(join(folder, 'text.db'), 'SECRET-value'.repeat(100));
    await ear.listen(() => sqliteStorage({ path: join(folder, 'text.db') }));
    await ear.hearAll(keyValueStorage(new Map()));
    await ear.hearAll(keyValueStorage(new Map([['room:{SECRET-id}', 'SECRET-value']])));
    const store = memoryStorage();
    const set = { type: 'set', key: 'room:{SECRET-id}', value: 'SECRET-value', version: 'v0', ttlMs: null } as const;
    await store.commit({ checks: [{ key: set.key, version: null }], changes: [set] });
    const secret = new TextEncoder().encode('SECRET-key'.padEnd(32, '-'));
    await ear.hearAll(encrypted(store, { keys: [{ id: 'a', secret }] }));
    await ear.listen(() => encrypted(store, { keys: [{ id: 'a', secret: secret.subarray(1) }] }));
    expect(ear.heard).toContain('StateroomError');
    expect(ear.heard).not.toContain('SECRET');
  });
});

describe.skipIf(!hasRedis)(`no error and no log line of a server tells them either${redisNote}`, () => {
  let redis: RedisServer;
  let upstash: UpstashServer;
  beforeAll(async () => {
    redis = await startRedis();
    upstash = await startUpstash();
  });
  afterAll(async () => {
    await redis.stop();
    await upstash.stop();
  });

  it('of Redis', async () => {
    const ear = new Ear();
    const open = (url: string) => redisStorage({ url, logger: ear.logger, timeoutMs: 300 });
    await ear.hearAll(open(redis.url));
    redisCli(redis.port, 'SET', 'room:{SECRET-id}', 'SECRET-value');
    await ear.hearAll(open(redis.url));
    await ear.hearAll(open(`redis://user:SECRET-password@127.0.0.1:${redis.port}`));
    await ear.hearAll(open(`redis://:SECRET-password@127.0.0.1:${await freePort()}`));
    await ear.listen(() => open('http://:SECRET-password@127.0.0.1'));
    await ear.listen(() => open('redis://:SECRET password@ x:y'));
    redisCli(redis.port, 'FLUSHALL');
    redisCli(redis.port, 'CONFIG', 'SET', 'maxmemory', '1');
    await ear.hearAll(open(redis.url));
    expect(ear.heard).toMatch(/WRONGPASS[^]*ECONNREFUSED[^]*OOM/);
    expect(ear.heard).not.toContain('SECRET');
  });

  it('of a Redis that knows no scripts, and quotes what it does not know', async () => {
    const ear = new Ear();
    const restricted = await startRedis(['--rename-command', 'EVALSHA', '', '--rename-command', 'EVAL', '']);
    await ear.hearAll(redisStorage({ url: restricted.url, logger: ear.logger, timeoutMs: 300 }));
    await restricted.stop();
    expect(ear.heard).toContain('unknown command');
    expect(ear.heard).not.toContain('SECRET');
  });

  it('of Upstash', async () => {
    const ear = new Ear();
    const open = (token: string) => upstashStorage({ url: upstash.url, token, timeoutMs: 300 });
    await ear.hearAll(open(upstash.token));
    await ear.hearAll(open('SECRET-token'));
    for (const body of [
      '{"error":"Internal Server Error"}',
      '<html>SECRET-value</html>',
      '{"result":{"SECRET-value":',
      '7',
    ]) {
      upstash.fail(...Array.from({ length: 50 }, () => ({ type: 'answer', status: 500, body }) as const));
      await ear.hearAll(open(upstash.token));
      upstash.fail(...Array.from({ length: 50 }, () => ({ type: 'answer', status: 200, body }) as const));
      await ear.hearAll(open(upstash.token));
    }
    upstash.fail(...Array.from({ length: 50 }, () => 'reply lost' as const));
    await ear.hearAll(open(upstash.token));
    upstash.fail();
    await ear.listen(() => upstashStorage({ url: 'SECRET-url', token: 'SECRET-token' }));
    await ear.listen(() => upstashStorage({ url: upstash.url, token: 'SECRET token' }));
    expect(ear.heard).toContain('WRONGPASS');
    expect(ear.heard).not.toContain('SECRET');
  });
});
