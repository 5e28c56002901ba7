import { describe, expect, it } from 'vitest';
import { StateroomError } from '../errors.ts';
import { unwrap } from '../session/result.ts';
import { increment, manage } from '../session/test-sessions.ts';
import { manualClock } from '../testing/clock.ts';
import { copyStorage } from './copy.ts';
import { memoryStorage } from './memory.ts';
import { override } from './override.ts';
import { sqliteStorage } from './sqlite.ts';

const clock = manualClock();
const memory = () => memoryStorage({ clock: clock.now });
const sqlite = () => sqliteStorage({ path: ':memory:', clock: clock.now });

async function withSessions(count: number) {
  const storage = memory();
  const sessions = manage(storage, { clock: clock.now, ttl: { idleMs: 60_000 } });
  for (let index = 0; index < count; index++) {
    const sessionId = `guest-${index}`;
    unwrap(await sessions.createSession({ sessionId, owner: `owner-${index}` }));
    unwrap(await sessions.updateSession(sessionId, increment, { append: { log: ['one', 'two'] } }));
  }
  return storage;
}

// Each session is a record, a guard and a list, and there is the list of its owner's sessions.
describe('copyStorage', () => {
  it('takes sessions to another engine with all they have, and what is left of their lives', async () => {
    const from = await withSessions(20);
    await clock.advance(20_000);
    const to = sqlite();
    expect(await copyStorage(from, to, { verify: true })).toEqual({ copied: 80, same: 0, failed: [] });
    const sessions = manage(to, { clock: clock.now, ttl: { idleMs: 60_000 } });
    const session = unwrap(await sessions.getSession('guest-7', { owner: 'owner-7', lists: { log: {} } }));
    expect([session.data.count, session.lists.log?.items]).toEqual([1, ['one', 'two']]);
    await clock.advance(39_000);
    expect((await sessions.getSession('guest-7')).success).toBe(true);
    await clock.advance(2000);
    expect(await sessions.getSession('guest-7')).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('can be run again: what is the same is left, what is older is replaced, what is not of the prefix stays away', async () => {
    const from = await withSessions(2);
    const to = memory();
    await copyStorage(from, to);
    expect(await copyStorage(from, to)).toEqual({ copied: 0, same: 8, failed: [] });
    unwrap(
      await manage(from, { clock: clock.now }).updateSession('guest-0', increment, { append: { log: ['three'] } }),
    );
    expect(await copyStorage(from, to, { prefix: 'sessions:{guest-1}' })).toMatchObject({ copied: 0, same: 3 });
    expect(await copyStorage(from, to, { verify: true })).toEqual({ copied: 2, same: 6, failed: [] });
    const { lists } = unwrap(await manage(to, { clock: clock.now }).getSession('guest-0', { lists: { log: {} } }));
    expect(lists.log?.items).toEqual(['one', 'two', 'three']);
  });

  it('copies a list of 25,000 items in slices', async () => {
    const from = memory();
    const items = Array.from({ length: 25_000 }, (_, index) => String(index));
    await from.commit({ checks: [], changes: [{ type: 'append', key: 'list', items, ttlMs: null }] });
    const to = sqlite();
    expect(await copyStorage(from, to, { verify: true })).toEqual({ copied: 1, same: 0, failed: [] });
    expect((await to.read({ lists: [{ key: 'list', start: 24_999 }] })).lists).toEqual([
      { items: ['24999'], length: 25_000 },
    ]);
  });

  it('reports what fails by its key, goes on with the rest, and tells of its progress', async () => {
    const from = await withSessions(3);
    const full = memory();
    const to = override(full, {
      commit: (transaction) => {
        if (!transaction.checks.some(({ key }) => key.includes('guest-1'))) return full.commit(transaction);
        return Promise.reject(new StateroomError('STORAGE', 'the disk is full'));
      },
    });
    let progress = 0;
    const report = await copyStorage(from, to, { onProgress: () => (progress += 1) });
    expect([report.copied, report.failed.length, progress]).toEqual([9, 3, 12]);
    expect(report.failed.every(({ key, error }) => key.includes('guest-1') && error.code === 'STORAGE')).toBe(true);
  });

  it('finds by verify that the target keeps something else', async () => {
    const from = await withSessions(1);
    const kept = memory();
    const forgetful = override(kept, {
      commit: async () => ({ committed: true, refused: [], snapshot: { entries: [], lists: [] } }),
    });
    expect((await copyStorage(from, forgetful, { verify: true })).failed.length).toBe(4);
  });

  it('throws when it cannot walk through what it copies from', async () => {
    const down = override(memory(), { scan: () => Promise.reject(new StateroomError('STORAGE', 'down')) });
    await expect(copyStorage(down, memory())).rejects.toMatchObject({ code: 'STORAGE' });
  });

  it('gives nothing a longer life than it has left, and takes nothing along that ends on the way', async () => {
    const from = memoryStorage();
    const put = (key: string, ttlMs: number) => ({
      checks: [{ key, version: null }],
      changes: [{ type: 'set', key, value: 'value', version: 'v1', ttlMs } as const],
    });
    await from.commit(put('short', 60));
    await from.commit(put('long', 60_000));
    // The page of the scan is worked on for longer than the first of them lives.
    const slowly = override(from, {
      scan: async (prefix, cursor, limit) => {
        const { found } = await from.scan(prefix, cursor, limit);
        return {
          found: [{ key: 'long', kind: 'entry', ttlMs: 500 }, ...found.filter(({ key }) => key === 'short')],
          cursor: null,
        };
      },
      read: async (reads) => {
        const snapshot = await from.read(reads);
        await new Promise((resolve) => setTimeout(resolve, 100));
        return snapshot;
      },
    });
    const to = memoryStorage();
    expect(await copyStorage(slowly, to)).toEqual({ copied: 1, same: 0, failed: [] });
    const left = (await to.scan('', null, 10)).found;
    expect(left.map(({ key }) => key)).toEqual(['long']);
    expect(left[0]?.ttlMs).toBeLessThanOrEqual(400);
  });
});
