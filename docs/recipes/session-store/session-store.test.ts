import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { memoryStorage } from '@stateroom/core/memory';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { manualClock } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { onEachEngine, temporaryFolder } from '../testing/engines.ts';
import { folderStorage } from './folder-storage.ts';
import { ManagedSessionStore } from './managed-session-store.ts';
import { sessionStoreSuite } from './testing/session-store-suite.ts';

const player = { username: 'player1', sessionId: 'abc123', createdAt: 1_700_000_000_000, lastActivity: 1 };

describe('the session store', () => {
  const folder = temporaryFolder();
  onEachEngine(sessionStoreSuite);

  describe('in a folder of files', () => {
    // With hash tags a session is one file; without, all of them would be.
    sessionStoreSuite({ open: () => folderStorage(folder()), clock: Date.now, sleep: delay }, { hashTags: true });
  });

  it('keeps a session for an hour to the millisecond, and takes another span', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const store = new ManagedSessionStore({ storage, clock: clock.now });
    await store.saveSession('abc123', player);
    await clock.advance(3_600_000 - 1);
    expect(await store.getSession('abc123')).toEqual({ ...player, lastActivity: clock.now() - 3_600_000 + 1 });
    await store.refreshSession('abc123');
    await clock.advance(3_600_000);
    expect(await store.getSession('abc123')).toBeNull();
    const brief = new ManagedSessionStore({ storage, clock: clock.now, ttlMs: 10, namespace: 'brief' });
    await brief.saveSession('abc123', player);
    await clock.advance(10);
    expect(await brief.getSession('abc123')).toBeNull();
  });

  it('takes nothing back by a refresh of a process whose clock is behind', async () => {
    const storage = memoryStorage();
    await new ManagedSessionStore({ storage, clock: () => 2000 }).saveSession('abc123', player);
    const behind = new ManagedSessionStore({ storage, clock: () => 1000 });
    await behind.refreshSession('abc123');
    expect(await behind.getSession('abc123')).toMatchObject({ lastActivity: 2000 });
  });

  it('shares a storage with stores of other namespaces, and knows nothing of them', async () => {
    const storage = memoryStorage();
    const store = new ManagedSessionStore({ storage });
    const other = new ManagedSessionStore({ storage, namespace: 'session-of-guests' });
    await store.saveSession('abc123', player);
    expect(await other.getSession('abc123')).toBeNull();
    expect(await other.sessionIds()).toEqual([]);
  });

  it('is bounded by its storage: full, it refuses a new session and keeps all it has', async () => {
    const storage = memoryStorage({ maxEntries: 4 });
    const store = new ManagedSessionStore({ storage, maxStateBytes: 1000 });
    for (const sessionId of ['a', 'b']) await store.saveSession(sessionId, { ...player, sessionId });
    await expect(store.saveSession('c', { ...player, sessionId: 'c' })).rejects.toMatchObject({ code: 'LIMIT' });
    const large = { ...player, sessionId: 'a', text: 'x'.repeat(1000) };
    await expect(store.saveSession('a', large)).rejects.toMatchObject({ code: 'LIMIT' });
    await store.refreshSession('a');
    expect(new Set(await store.sessionIds())).toEqual(new Set(['a', 'b']));
  });

  it('goes on where it was after a restart, in a SQLite file and in a folder', async () => {
    const path = folder();
    for (const open of [() => sqliteStorage({ path: join(path, 'store.db') }), () => folderStorage(path)]) {
      await using before = new ManagedSessionStore({ storage: await open(), hashTags: true });
      await before.saveSession('abc123', player);
      await before.close();
      await using after = new ManagedSessionStore({ storage: await open(), hashTags: true });
      expect(await after.getSession('abc123')).toMatchObject({ username: 'player1' });
    }
  });

  it('tells the logger of what it does, by half an id and no value', async () => {
    const lines: unknown[][] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const logger = { debug: log, info: log, warn: log, error: log };
    const store = new ManagedSessionStore({ storage: memoryStorage(), logger });
    await store.saveSession('abc123', player);
    await store.refreshSession('abc123');
    await store.deleteSession('abc123');
    expect(lines).toEqual([
      [{ sessionId: 'abc1…' }, 'the session was created'],
      [{ sessionId: 'abc1…' }, 'the session was updated'],
      [{ sessionId: 'abc1…' }, 'the session was deleted'],
    ]);
  });
});
