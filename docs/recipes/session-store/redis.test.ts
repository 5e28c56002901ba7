import { redisStorage } from '@stateroom/core/redis';
import { describe, expect, it } from 'vitest';
import { hasRedis, redisCli, redisNote } from '../../../packages/core/src/testing/servers/redis-server.ts';
import { redisForSuite } from '../testing/engines.ts';
import { ManagedSessionStore } from './managed-session-store.ts';

const player = { username: 'player1', sessionId: 'abc123', createdAt: 1_700_000_000_000, lastActivity: 1 };

describe.skipIf(!hasRedis)(`a session in Redis${redisNote}`, () => {
  const server = redisForSuite();
  const cli = (...args: string[]) => redisCli(server().port, ...args);
  const begin = () => {
    cli('FLUSHALL');
    return new ManagedSessionStore({ storage: redisStorage({ url: server().url, timeoutMs: 500 }) });
  };

  it('is what redis-cli shows under its plain key: a version, and the record with the session in it', async () => {
    await using store = begin();
    await store.saveSession('abc123', player);
    const [version, text = ''] = cli('GET', 'session:abc123').split('\n');
    const data = await store.getSession('abc123');
    expect(JSON.parse(text)).toMatchObject({ format: 2, writes: [version], state: data });
    expect(data).toMatchObject({ username: 'player1', sessionId: 'abc123', createdAt: player.createdAt });
    expect(cli('KEYS', 'session:*').split('\n').sort()).toEqual(['session:abc123', 'session:abc123:guard']);
  });

  it('ends by the clock of Redis, which a refresh sets anew and a read does not', async () => {
    await using store = begin();
    await store.saveSession('abc123', player);
    const livesFor = () => ['session:abc123', 'session:abc123:guard'].map((key) => Number(cli('PTTL', key)));
    expect(Math.min(...livesFor())).toBeGreaterThan(3_590_000);
    for (const key of ['session:abc123', 'session:abc123:guard']) cli('PEXPIRE', key, '60000');
    await store.getSession('abc123');
    expect(Math.max(...livesFor())).toBeLessThanOrEqual(60_000);
    await store.refreshSession('abc123');
    expect(Math.min(...livesFor())).toBeGreaterThan(3_590_000);
  });

  it('is listed page by page, never by KEYS', async () => {
    await using store = begin();
    cli('CONFIG', 'RESETSTAT');
    const ids = Array.from({ length: 30 }, (_, index) => `player-${index}`);
    await Promise.all(ids.map((sessionId) => store.saveSession(sessionId, { ...player, sessionId })));
    expect(new Set(await store.sessionIds())).toEqual(new Set(ids));
    expect(await store.countSessions()).toBe(30);
    expect(cli('INFO', 'commandstats')).toContain('cmdstat_scan');
    expect(cli('INFO', 'commandstats')).not.toContain('cmdstat_keys');
  });

  it('is one session to every process on the server', async () => {
    await using here = begin();
    await using there = new ManagedSessionStore({ storage: redisStorage({ url: server().url }) });
    await here.saveSession('abc123', player);
    expect(await there.getSession('abc123')).toMatchObject({ username: 'player1' });
    await there.deleteSession('abc123');
    await here.refreshSession('abc123');
    expect(await here.getSession('abc123')).toBeNull();
  });

  it('leaves alone what somebody else keeps under its prefix', async () => {
    await using store = begin();
    cli('SET', 'session:foreign', 'not ours');
    await expect(store.saveSession('foreign', { ...player, sessionId: 'foreign' })).rejects.toMatchObject({
      code: 'INVALID',
    });
    await expect(store.getSession('foreign')).rejects.toMatchObject({ code: 'STORAGE' });
    expect(cli('GET', 'session:foreign')).toBe('not ours');
  });

  it('is out of reach while the server is down, which looks like no absence, and healthy when it is back', async () => {
    await using store = begin();
    expect(await store.healthCheck()).toBe(true);
    await server().kill();
    expect(await store.healthCheck()).toBe(false);
    await expect(store.getSession('abc123')).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(store.refreshSession('abc123')).rejects.toMatchObject({ code: 'STORAGE' });
    await server().restart();
    await expect.poll(() => store.healthCheck(), { timeout: 5000 }).toBe(true);
    await store.saveSession('abc123', player);
    expect(await store.getSession('abc123')).toMatchObject({ username: 'player1' });
  });
});
