import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../testing/engines.ts';
import { meanwhile } from '../../testing/meanwhile.ts';
import { ManagedSessionStore, type ManagedSessionStoreOptions } from '../managed-session-store.ts';
import type { SessionData } from '../session-data.ts';
import type { SessionStore } from '../session-store.ts';

const spanMs = 1000;
const id = 'abc123';
const player: SessionData = { username: 'player1', sessionId: id, createdAt: 1_700_000_000_000, lastActivity: 1 };

/** What a session store does, whatever it is kept in. A storage of your own passes it too. */
export function sessionStoreSuite(
  { open, clock, sleep }: Engine,
  options: Partial<ManagedSessionStoreOptions> = {},
): void {
  const opened: ManagedSessionStore[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });
  const on = (storage: ManagedSessionStoreOptions['storage']) => {
    const store = new ManagedSessionStore({ storage, clock, ttlMs: spanMs, ...options });
    opened.push(store);
    return store;
  };
  const begin = async () => on(await open());

  it('saves a session with whatever it holds, and gives back a copy of it', async () => {
    const store: SessionStore = await begin();
    const before = clock();
    await store.saveSession(id, { ...player, room: { name: 'inn', exits: ['north', null] } });
    const found = await store.getSession(id);
    expect(found).toEqual({
      ...player,
      room: { name: 'inn', exits: ['north', null] },
      lastActivity: expect.any(Number),
    });
    expect(found?.lastActivity).toBeGreaterThanOrEqual(before);
    if (found !== null) found.username = 'somebody else';
    expect(await store.getSession(id)).toMatchObject({ username: 'player1' });
  });

  it('has null for a session that is not there, and no complaint about what is done to it', async () => {
    const store = await begin();
    expect(await store.getSession('nobody')).toBeNull();
    await expect(store.refreshSession('nobody')).resolves.toBeUndefined();
    await expect(store.deleteSession('nobody')).resolves.toBeUndefined();
    expect(await store.getSession('nobody')).toBeNull();
  });

  it('deletes a session, however often', async () => {
    const store = await begin();
    await store.saveSession(id, player);
    await store.deleteSession(id);
    expect(await store.getSession(id)).toBeNull();
    await store.deleteSession(id);
  });

  it('puts a saved session in place of the whole one before', async () => {
    const store = await begin();
    await store.saveSession(id, { ...player, room: 'inn' });
    await store.saveSession(id, { ...player, username: 'player2' });
    expect(await store.getSession(id)).toEqual({ ...player, username: 'player2', lastActivity: expect.any(Number) });
  });

  it('keeps a session for its span after the last save or refresh; reading is neither', async () => {
    const store = await begin();
    await store.saveSession(id, player);
    await sleep(spanMs * 0.6);
    await store.refreshSession(id);
    await sleep(spanMs * 0.6);
    expect(await store.getSession(id)).not.toBeNull();
    await store.saveSession(id, player);
    await sleep(spanMs * 0.6);
    expect(await store.getSession(id)).not.toBeNull();
    await sleep(spanMs * 0.5);
    expect(await store.getSession(id)).toBeNull();
  });

  it('does not bring back by a refresh what has expired', async () => {
    const store = await begin();
    await store.saveSession(id, player);
    await sleep(spanMs + 50);
    await store.refreshSession(id);
    expect(await store.getSession(id)).toBeNull();
    expect(await store.countSessions()).toBe(0);
  });

  it('raises the last activity by a refresh, and changes nothing else', async () => {
    const store = await begin();
    await store.saveSession(id, { ...player, room: 'inn' });
    const saved = await store.getSession(id);
    await sleep(20);
    await store.refreshSession(id);
    const refreshed = await store.getSession(id);
    expect(refreshed).toEqual({ ...saved, lastActivity: expect.any(Number) });
    expect(refreshed?.lastActivity).toBeGreaterThan(saved?.lastActivity ?? Number.POSITIVE_INFINITY);
  });

  it('does not bring back a session that is deleted while it is refreshed', async () => {
    const { storage, beforeNextCommit } = meanwhile(await open());
    const store = on(storage);
    await store.saveSession(id, player);
    beforeNextCommit(() => store.deleteSession(id));
    await store.refreshSession(id);
    expect(await store.getSession(id)).toBeNull();
    expect((await storage.scan('', null, 100)).found).toEqual([]);
  });

  it('loses no save to a refresh that began before it', async () => {
    const inner = await open();
    const { storage, beforeNextCommit } = meanwhile(inner);
    // Of one process, the save would wait for its turn.
    const [store, another] = [on(storage), on(inner)];
    await store.saveSession(id, player);
    beforeNextCommit(() => another.saveSession(id, { ...player, username: 'player2' }));
    await store.refreshSession(id);
    expect(await store.getSession(id)).toMatchObject({ username: 'player2' });
  });

  it('leaves one whole session when many save it and refresh it at once', async () => {
    const store = await begin();
    const save = (index: number) => store.saveSession(id, { ...player, username: `player${index}`, index });
    await save(0);
    await Promise.all(Array.from({ length: 12 }, (_, index) => [save(index), store.refreshSession(id)]).flat());
    const found = await store.getSession(id);
    expect(found?.username).toBe(`player${String(found?.['index'])}`);
  });

  it('changes by its manager what is there, and never makes anew what was deleted', async () => {
    const store = await begin();
    await store.saveSession(id, { ...player, gold: 0 });
    const earn = () => store.sessions.updateSession(id, (data) => ({ ...data, gold: Number(data['gold']) + 1 }));
    await Promise.all(Array.from({ length: 10 }, earn));
    expect(await store.getSession(id)).toMatchObject({ username: 'player1', gold: 10 });
    await store.deleteSession(id);
    expect(await earn()).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    expect(await store.getSession(id)).toBeNull();
  });

  it('refuses to save under one id what names another, and what JSON would change', async () => {
    const store = await begin();
    await store.saveSession(id, player);
    await expect(store.saveSession('other', player)).rejects.toMatchObject({ code: 'INVALID', path: 'data.sessionId' });
    for (const [odd, at] of [
      [10n, 'state.odd'],
      [new Date(), 'state.odd'],
      [new Set([1]), 'state.odd'],
      [{ deep: [Number.NaN] }, 'state.odd.deep[0]'],
    ]) {
      await expect(store.saveSession(id, { ...player, odd })).rejects.toMatchObject({
        code: 'INVALID_STATE',
        path: at,
      });
    }
    const nameless: SessionData = JSON.parse(`{"sessionId":"${id}","createdAt":1,"lastActivity":1}`);
    await expect(store.saveSession(id, nameless)).rejects.toMatchObject({ path: 'state.username' });
    expect(await store.getSession(id)).toMatchObject({ username: 'player1' });
    expect(await store.sessionIds()).toEqual([id]);
  });

  it('takes any opaque id for its own, and no id that could be none', async () => {
    const store = await begin();
    const ids = ['player1-1700000000000', 'a:b', 'a/../b', '{tag}', '%41', 'ID', 'id', 'ünï', 'x'.repeat(256)];
    for (const sessionId of ids) await store.saveSession(sessionId, { ...player, sessionId });
    for (const sessionId of ids) expect(await store.getSession(sessionId)).toMatchObject({ sessionId });
    expect(new Set(await store.sessionIds())).toEqual(new Set(ids));
    expect(await store.countSessions()).toBe(ids.length);
    for (const bad of ['', 'line\nfeed', 'x'.repeat(257)]) {
      await expect(store.getSession(bad)).rejects.toMatchObject({ code: 'INVALID_ID' });
    }
  });

  it('says that what is stored cannot be read, leaves it as it is, and deletes it when asked to', async () => {
    const storage = await open();
    const store = on(storage);
    const key = options.hashTags === true ? `session:{${id}}` : `session:${id}`;
    const corrupt = { type: 'set', key, value: '{"username":"pla', version: 'v1', ttlMs: null } as const;
    await storage.commit({ checks: [{ key, version: null }], changes: [corrupt] });
    for (const act of [store.getSession(id), store.refreshSession(id), store.saveSession(id, player)]) {
      await expect(act).rejects.toMatchObject({ code: 'INVALID_STATE' });
    }
    expect((await storage.read({ entries: [key] })).entries[0]?.value).toBe(corrupt.value);
    expect(await store.sessionIds()).toEqual([id]);
    await store.deleteSession(id);
    await store.saveSession(id, player);
    expect(await store.getSession(id)).toMatchObject({ username: 'player1' });
  });

  it('is healthy until it is closed, and then says so in every answer', async () => {
    const store = await begin();
    expect(await store.healthCheck()).toBe(true);
    await store.close();
    await store.close();
    expect(await store.healthCheck()).toBe(false);
    for (const act of [store.getSession(id), store.refreshSession(id), store.saveSession(id, player)]) {
      await expect(act).rejects.toMatchObject({ code: 'STORAGE' });
    }
  });
}
