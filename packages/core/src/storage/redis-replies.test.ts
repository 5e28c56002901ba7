import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type ScriptedRedis, startScriptedRedis } from '../testing/servers/scripted-redis.ts';
import type { StorageProvider } from './provider.ts';
import { redisStorage } from './redis.ts';

const absent = '$-1';
const committed = '*4\r\n:1\r\n*0\r\n*0\r\n*0';
const append = { checks: [], changes: [{ type: 'append', key: 'list', items: ['x'], ttlMs: null }] } as const;

describe('redisStorage and what a server may say', () => {
  const opened: { server: ScriptedRedis; storage: StorageProvider }[] = [];
  const open = async (answer: Answer, timeoutMs = 5000) => {
    const server = await startScriptedRedis(answer);
    const storage = redisStorage({ url: server.url, timeoutMs });
    opened.push({ server, storage });
    return { server, storage };
  };
  afterEach(async () => {
    for (const { server, storage } of opened.splice(0)) {
      await server.stop();
      await storage.close();
    }
  });

  it.each([
    'LOADING Redis is loading the dataset in memory',
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    "READONLY You can't write against a read only replica.",
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'CLUSTERDOWN The cluster is down',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  ])('tries again what was not run, reads and commits alike, after %s', async (refusal) => {
    const asked = new Map<string, number>();
    const { storage } = await open(([name = '']) => {
      asked.set(name, (asked.get(name) ?? 0) + 1);
      if (asked.get(name) === 1) return `-${refusal}`;
      return name === 'GET' ? absent : committed;
    });
    const [read, commit] = await Promise.all([storage.read({ entries: ['a'] }), storage.commit(append)]);
    expect(read.entries).toEqual([null]);
    expect(commit.committed).toBe(true);
    expect(Object.fromEntries(asked)).toEqual({ GET: 2, EVALSHA: 2 });
  });

  it('asks but once for what does not pass by itself', async () => {
    const { server, storage } = await open(() => '-NOPERM this user has no permissions');
    await expect(storage.read({ entries: ['a'] })).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(storage.commit(append)).rejects.toMatchObject({ code: 'STORAGE' });
    expect(server.commands.length).toBe(2);
  });

  it('pauses between its tries, and ends once its time is up', async () => {
    const { server, storage } = await open(() => '-BUSY Redis is busy running a script.', 500);
    const ended = { code: expect.stringMatching(/STORAGE|TIMEOUT/) };
    await expect(storage.read({ entries: ['a'] })).rejects.toMatchObject(ended);
    expect(server.commands.length).toBeLessThan(50);
  });

  it('ends by close no call that is in flight', async () => {
    const asked = Promise.withResolvers<void>();
    const said = Promise.withResolvers<string>();
    const { storage } = await open(() => {
      asked.resolve();
      return said.promise;
    });
    const order: string[] = [];
    const reading = storage.read({ entries: ['a'] }).then(({ entries }) => order.push(`read ${entries.length}`));
    await asked.promise;
    const closing = storage.close().then(() => order.push('closed'));
    said.resolve(absent);
    await Promise.all([reading, closing]);
    expect(order).toEqual(['read 1', 'closed']);
  });

  it('leaves out of a page of a scan what ends while the page is made', async () => {
    const answers: Record<string, (key: string) => string> = {
      SCAN: () => '*2\r\n$1\r\n0\r\n*3\r\n$4\r\nkept\r\n$4\r\ngone\r\n$5\r\nended',
      TYPE: (key) => (key === 'ended' ? '+none' : '+string'),
      PTTL: (key) => (key === 'kept' ? ':-1' : ':-2'),
    };
    const { storage } = await open(([name = '', key = '']) => answers[name]?.(key) ?? '-ERR unknown');
    expect(await storage.scan('', null, 10)).toEqual({
      found: [{ key: 'kept', kind: 'entry', ttlMs: null }],
      cursor: null,
    });
  });

  it('keeps a connection on which errors came back of late, though a call went unanswered', async () => {
    const asked: string[] = [];
    const said = Promise.withResolvers<string>();
    const { server, storage } = await open(async ([, key = '']) => {
      asked.push(key);
      if (key !== 'slow') return absent;
      const isFirst = asked.filter((each) => each === 'slow').length === 1;
      if (!isFirst) return said.promise;
      await delay(850);
      return '-BUSY Redis is busy running a script.';
    }, 1500);
    await storage.read({ entries: ['before'] });
    await expect(storage.read({ entries: ['slow'] })).rejects.toMatchObject({ code: 'TIMEOUT' });
    said.resolve(absent);
    expect((await storage.read({ entries: ['after'] })).entries).toEqual([null]);
    expect([asked, server.connections()]).toEqual([['before', 'slow', 'slow', 'after'], 1]);
  });

  it('makes a new connection where nothing came back for long', async () => {
    const { server, storage } = await open(([, key]) => (key === 'lost' ? new Promise(() => {}) : absent), 1000);
    await storage.read({ entries: ['before'] });
    await expect(storage.read({ entries: ['lost'] })).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect((await storage.read({ entries: ['after'] })).entries).toEqual([null]);
    expect(server.connections()).toBe(2);
  });
});
