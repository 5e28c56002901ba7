import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { increment, manage } from '../session/test-sessions.ts';
import { unwrap } from '../session/result.ts';
import { type RedisProxy, startProxy } from '../testing/servers/redis-proxy.ts';
import { freePort } from '../testing/servers/free-port.ts';
import { hasRedis, redisCli, redisNote, type RedisServer, startRedis } from '../testing/servers/redis-server.ts';
import type { StorageProvider } from './provider.ts';
import { redisStorage } from './redis.ts';

const put = (key: string) =>
  ({
    checks: [{ key, version: null }],
    changes: [{ type: 'set', key, value: 'value', version: 'v1', ttlMs: null }],
  }) as const;

describe.skipIf(!hasRedis)(`redisStorage over a bad network${redisNote}`, () => {
  let server: RedisServer;
  let proxy: RedisProxy;
  const opened: StorageProvider[] = [];
  const open = (url: string, timeoutMs = 300) => {
    const storage = redisStorage({ url, timeoutMs });
    opened.push(storage);
    return storage;
  };
  beforeAll(async () => {
    server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    proxy = await startProxy(server.port);
  });
  afterEach(async () => {
    proxy.unmute();
    await Promise.all(opened.splice(0).map((storage) => storage.close()));
    redisCli(server.port, 'FLUSHALL');
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  it('ends each call at its deadline when the server falls silent, and goes on by itself when it speaks again', async () => {
    const storage = open(proxy.url);
    await storage.commit(put('before'));
    proxy.mute();
    await expect(storage.read({ entries: ['before'] })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(storage.commit(put('during'))).rejects.toMatchObject({
      code: expect.stringMatching(/TIMEOUT|UNKNOWN/),
    });
    await expect(storage.scan('', null, 10)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(storage.ping()).rejects.toMatchObject({ code: 'TIMEOUT' });
    proxy.unmute();
    expect((await storage.read({ entries: ['before'] })).entries[0]?.value).toBe('value');
    expect((await storage.commit(put('after'))).committed).toBe(true);
  });

  it('tells a commit that was sent and not answered as UNKNOWN_OUTCOME', async () => {
    const storage = open(proxy.url);
    await storage.ping();
    proxy.mute();
    await expect(storage.commit(put('sent'))).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    expect(redisCli(server.port, 'EXISTS', 'sent')).toBe('1');
  });

  it('never sends a commit twice: one whose reply was lost is left to the caller, who can tell', async () => {
    const storage = open(proxy.url, 2000);
    await storage.ping();
    proxy.loseReplies(1);
    await expect(storage.commit(put('once'))).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    expect((await storage.commit(put('once'))).refused).toEqual([
      { key: 'once', entry: { value: 'value', version: 'v1' } },
    ]);
    const sessions = manage(storage);
    const { sessionId } = unwrap(await sessions.createSession());
    for (let times = 0; times < 10; times++) {
      proxy.loseReplies(1);
      unwrap(await sessions.updateSession(sessionId, increment));
    }
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(10);
  });

  it('reads again when a reply was lost, since that harms nobody', async () => {
    const storage = open(proxy.url, 2000);
    await storage.commit(put('key'));
    proxy.loseReplies(1);
    expect((await storage.read({ entries: ['key'] })).entries[0]?.version).toBe('v1');
  });

  it('says STORAGE when nobody listens, and finds the server that comes later', async () => {
    const port = await freePort();
    const storage = open(`redis://127.0.0.1:${port}`);
    const refused = { code: 'STORAGE', message: expect.stringContaining('ECONNREFUSED') };
    await expect(storage.read({ entries: ['a'] })).rejects.toMatchObject(refused);
    await expect(storage.commit(put('a'))).rejects.toMatchObject(refused);
    const later = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => later.listen(port, '127.0.0.1', resolve));
    await expect(storage.read({ entries: ['a'] })).rejects.toMatchObject({ code: 'STORAGE' });
    await new Promise((resolve) => later.close(resolve));
  });

  it('says of no commit that it may be kept which was never sent, though another call gave the connection up', async () => {
    const storage = open(server.url, 800);
    await storage.ping();
    await server.kill();
    const given = storage.read({ entries: ['a'] }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const commit = storage.commit(put('a')).catch((error: unknown) => error);
    const refused = expect.objectContaining({ code: 'STORAGE', message: expect.stringContaining('ECONNREFUSED') });
    expect([await given, await commit]).toEqual([refused, refused]);
    await server.restart();
    expect((await storage.commit(put('a'))).committed).toBe(true);
  });

  it('loses nothing that was acknowledged, and no session, when the server crashes amid 10,000 updates', async () => {
    const storage = open(server.url, 2000);
    const sessions = manage(storage);
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => unwrap(await sessions.createSession()).sessionId),
    );
    const acknowledged = new Map(ids.map((id) => [id, 0]));
    const codes = new Set<string>();
    let done = 0;
    const work = async (id: string) => {
      for (let times = 0; times < 500; times++) {
        const result = await sessions.updateSession(id, increment);
        if (result.success) acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1);
        else codes.add(result.error.code);
        done += 1;
        if (done === 3000) await server.kill();
        if (done === 3010) await server.restart();
      }
    };
    await Promise.all(ids.map(work));
    for (const id of ids) {
      const { count } = unwrap(await sessions.getSession(id)).data;
      expect(count).toBeGreaterThanOrEqual(acknowledged.get(id) ?? Infinity);
      expect(count).toBeLessThanOrEqual(500);
    }
    expect([...codes].filter((code) => code !== 'STORAGE' && code !== 'UNKNOWN_OUTCOME' && code !== 'TIMEOUT')).toEqual(
      [],
    );
  });
});
