import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describeStorage } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/engines.ts';
import { folderStorage } from './folder-storage.ts';
import { ManagedSessionStore } from './managed-session-store.ts';

const folder = temporaryFolder();
const player = (sessionId: string) => ({ username: sessionId, sessionId, createdAt: 1, lastActivity: 1 });

describeStorage('a folder', () => folderStorage(folder()), { describe, it, timeoutMs: 30_000 });

describe('a folder of sessions', () => {
  it('has one readable file for each, and none for what was deleted', async () => {
    const path = folder();
    await using store = new ManagedSessionStore({ storage: await folderStorage(path), hashTags: true });
    for (const id of ['ID', 'id']) await store.saveSession(id, player(id));
    expect(readdirSync(path)).toHaveLength(2);
    await store.deleteSession('ID');
    const [file = ''] = readdirSync(path);
    expect(readFileSync(`${path}/${file}`, 'utf8')).toContain('session:{id}');
    expect(readdirSync(path)).toHaveLength(1);
  });

  it('is rid of what has expired when it is opened again', async () => {
    const path = folder();
    const brief = new ManagedSessionStore({ storage: await folderStorage(path), hashTags: true, ttlMs: 20 });
    await brief.saveSession('brief', player('brief'));
    await brief.close();
    await delay(30);
    await using storage = await folderStorage(path);
    expect(readdirSync(path)).toEqual([]);
    await storage.ping();
  });
});
