import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import { override } from '../../storage/override.ts';
import { increment, manage } from '../test-sessions.ts';

const named = (namespace: string, storage = memoryStorage()) => ({ storage, sessions: manage(storage, { namespace }) });

describe('stats', () => {
  it('tell how many sessions of the namespace live, how large they are, and what each amounts to', async () => {
    const { storage, sessions } = named('game');
    for (const sessionId of ['a', 'b', '{c}:guard']) await sessions.createSession({ sessionId, owner: 'me' });
    await sessions.updateSession('b', increment, { append: { log: ['first'] } });
    await manage(storage, { namespace: 'game:other' }).createSession();
    await manage(storage, { namespace: 'gam' }).createSession();
    const stats = await sessions.stats({ summary: ({ count }, { owner }) => ({ count, owner }) });
    expect(stats).toMatchObject({ sessions: 3, failed: [] });
    expect(Object.fromEntries(stats.summaries.map(({ sessionId, summary }) => [sessionId, summary]))).toEqual({
      a: { count: 0, owner: 'me' },
      b: { count: 1, owner: 'me' },
      '{c}:guard': { count: 0, owner: 'me' },
    });
    const keys = ['game:{a}', 'game:{b}', 'game:{%7Bc%7D%3Aguard}'];
    const { entries } = await storage.read({ entries: keys });
    expect(stats.bytes).toBe(entries.reduce((sum, entry) => sum + Buffer.byteLength(entry?.value ?? ''), 0));
    expect(await manage(memoryStorage()).stats()).toEqual({ sessions: 0, bytes: 0, summaries: [], failed: [] });
  });

  it('report a session that cannot be read, and what the summary threw, beside the others', async () => {
    const { storage, sessions } = named('game');
    for (const sessionId of ['a', 'b', 'c']) await sessions.createSession({ sessionId });
    const key = 'game:{b}';
    const [entry] = (await storage.read({ entries: [key] })).entries;
    await storage.commit({
      checks: [{ key, version: entry?.version ?? null }],
      changes: [{ type: 'set', key, value: '{', version: 'corrupt', ttlMs: null }],
    });
    const stats = await sessions.stats({
      summary: (_state, { sessionId }) => {
        if (sessionId === 'c') throw new TypeError('no summary');
        return sessionId;
      },
    });
    expect(stats.summaries).toEqual([{ sessionId: 'a', summary: 'a' }]);
    expect(stats.failed.toSorted((a, b) => a.sessionId.localeCompare(b.sessionId))).toMatchObject([
      { sessionId: 'b', error: { code: 'INVALID_STATE' } },
      { sessionId: 'c', error: { message: 'no summary' } },
    ]);
  });
});

describe('saveAll', () => {
  it('hands over every live session with its lists, some at a time, and one failure stops no other', async () => {
    const { sessions } = named('game');
    for (let index = 0; index < 50; index++) await sessions.createSession({ sessionId: `s${index}` });
    await sessions.updateSession('s7', increment, { append: { log: ['first'] } });
    let [running, most] = [0, 0];
    const saved = new Map<string, unknown>();
    const report = await sessions.saveAll(async ({ sessionId, data, lists }) => {
      running += 1;
      most = Math.max(most, running);
      await sleep(1);
      running -= 1;
      if (sessionId === 's3') throw new Error('no permission');
      saved.set(sessionId, { data, log: lists.log?.items });
    });
    expect(report).toMatchObject({ saved: 49, failed: [{ sessionId: 's3', error: { message: 'no permission' } }] });
    expect(saved.get('s7')).toEqual({ data: { count: 1 }, log: ['first'] });
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(16);
  });

  it('passes over what is deleted while it goes on, and meets nothing twice though a scan may', async () => {
    const { storage, sessions } = named('game');
    for (const sessionId of ['a', 'b', 'c']) await sessions.createSession({ sessionId });
    const repeating = override(storage, {
      scan: async (prefix, cursor, limit) => {
        const page = await storage.scan(prefix, cursor, limit);
        return { ...page, found: [...page.found, ...page.found] };
      },
    });
    await sessions.deleteSession('b');
    const met: string[] = [];
    await manage(repeating, { namespace: 'game' }).saveAll(({ sessionId }) => void met.push(sessionId));
    expect(met.toSorted()).toEqual(['a', 'c']);
  });
});
