import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { override } from '../storage/override.ts';
import { manualClock } from '../testing/clock.ts';
import { unwrap } from './result.ts';
import { increment, manage } from './test-sessions.ts';

describe('the life of a session', () => {
  const idleMs = 60_000;
  const clock = manualClock();
  const mortal = () => manage(memoryStorage({ clock: clock.now }), { ttl: { idleMs }, clock: clock.now });

  it('ends when it was idle for so long; writing and touching is activity, reading is not', async () => {
    const sessions = mortal();
    for (const sessionId of ['read', 'written', 'touched']) await sessions.createSession({ sessionId });
    await clock.advance(idleMs - 1);
    unwrap(await sessions.getSession('read'));
    unwrap(await sessions.updateSession('written', increment));
    unwrap(await sessions.touchSession('touched'));
    await clock.advance(1);
    expect(await sessions.getSession('read')).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    await clock.advance(idleMs - 2);
    unwrap(await sessions.getSession('written'));
    unwrap(await sessions.getSession('touched'));
    await clock.advance(1);
    for (const id of ['written', 'touched']) {
      expect(await sessions.touchSession(id)).toMatchObject({ success: false, error: { code: 'NOT_FOUND' } });
    }
  });

  it('is 30 minutes of idleness by default, and none with null', async () => {
    const storage = memoryStorage({ clock: clock.now });
    await manage(storage).createSession({ sessionId: 'default' });
    await manage(storage, { ttl: { idleMs: null } }).createSession({ sessionId: 'immortal' });
    await clock.advance(30 * 60_000 - 1);
    unwrap(await manage(storage).getSession('default'));
    await clock.advance(1);
    expect(await manage(storage).getSession('default')).toMatchObject({ error: { code: 'NOT_FOUND' } });
    unwrap(await manage(storage).getSession('immortal'));
    for (const bad of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER]) {
      expect(() => manage(storage, { ttl: { idleMs: bad } })).toThrow(expect.objectContaining({ code: 'INVALID' }));
    }
  });

  it('is the same for its guard as for its record', async () => {
    const storage = memoryStorage({ clock: clock.now });
    const sessions = manage(storage, { ttl: { idleMs }, clock: clock.now });
    await sessions.createSession({ sessionId: 'a' });
    for (const act of [
      () => sessions.updateSession('a', increment),
      () => sessions.touchSession('a'),
      () => sessions.resetSession('a'),
    ]) {
      await clock.advance(idleMs / 2);
      await act();
      expect((await storage.scan('', null, 10)).found.map(({ ttlMs }) => ttlMs)).toEqual([idleMs, idleMs]);
    }
  });

  it('is not cut short by a manager whose clock goes ahead', async () => {
    const storage = memoryStorage({ clock: clock.now });
    const ahead = manage(storage, { ttl: { idleMs }, clock: () => clock.now() + 10 * idleMs });
    const right = manage(storage, { ttl: { idleMs }, clock: clock.now });
    await ahead.createSession({ sessionId: 'a' });
    await ahead.updateSession('a', increment, { append: { log: ['first'] } });
    for (let times = 0; times < 6; times++) {
      await clock.advance(idleMs - 1);
      unwrap(await right.updateSession('a', increment));
    }
    expect(unwrap(await right.getSession('a', { lists: { log: {} } })).lists.log?.items).toEqual(['first']);
  });

  it('is one for all of its keys: lists never die before it, and leave nothing to a later session of its id', async () => {
    const sessions = mortal();
    await sessions.createSession({ sessionId: 'long' });
    await sessions.updateSession('long', increment, { append: { log: ['first'] } });
    const activities = [() => sessions.updateSession('long', increment), () => sessions.touchSession('long')];
    for (const act of activities) {
      for (const waitMs of [idleMs / 2, idleMs - 1, idleMs / 2, idleMs - 1, idleMs - 1, 1, idleMs - 1]) {
        await clock.advance(waitMs);
        unwrap(await act());
      }
    }
    expect(unwrap(await sessions.getSession('long', { lists: { log: {} } })).lists.log?.items).toEqual(['first']);
    await clock.advance(idleMs);
    await sessions.createSession({ sessionId: 'long' });
    expect(unwrap(await sessions.getSession('long', { lists: { log: {} } })).lists.log?.items).toEqual([]);
  });
});

describe('a list that other code does not know', () => {
  const clock = manualClock();
  const storage = memoryStorage({ clock: clock.now });
  const options = { ttl: { idleMs: 1000 }, clock: clock.now };
  const knowing = manage(storage, options);
  const other = manage(storage, { ...options, lists: [] });
  const read = async () => unwrap(await knowing.getSession('a', { lists: { log: {} } })).lists.log?.items;
  const begin = async () => {
    await knowing.createSession({ sessionId: 'a', ifExists: 'replace' });
    await knowing.updateSession('a', increment, { append: { log: ['old'] } });
  };

  it('goes with its session, and is kept alive with it', async () => {
    await begin();
    for (let times = 0; times < 6; times++) {
      await clock.advance(900);
      unwrap(await (times % 2 === 0 ? other.touchSession('a') : other.updateSession('a', increment)));
    }
    expect(await read()).toEqual(['old']);
    await other.deleteSession('a');
    expect((await storage.scan('', null, 10)).found).toEqual([]);
  });

  it.each([
    ['deletes it and makes another', async () => void (await other.deleteSession('a'))],
    ['makes another when it has expired', () => clock.advance(1000)],
    ['replaces it', async () => void (await other.createSession({ sessionId: 'a', ifExists: 'replace' }))],
    ['resets it', async () => void (await other.resetSession('a'))],
  ])('never reaches a later session of its id: other code %s', async (_what, act) => {
    await begin();
    await act();
    await other.createSession({ sessionId: 'a', ifExists: 'return' });
    expect(await read()).toEqual([]);
    unwrap(await knowing.updateSession('a', increment, { append: { log: [] } }));
    expect(await read()).toEqual([]);
    unwrap(await knowing.updateSession('a', increment, { append: { log: ['new'] } }));
    expect(await read()).toEqual(['new']);
  });
});

describe('a stored record', () => {
  const stored = (value: string) =>
    ({ type: 'set', key: 'sessions:{odd}', value, version: 'odd', ttlMs: null }) as const;

  it.each([
    ['not JSON', '{"state": secret', 'INVALID_STATE'],
    ['no record', '[]', 'INVALID_STATE'],
    ['of newer code', '{"format":99,"stateVersion":1}', 'NEWER_VERSION'],
  ])('that is %s is told apart, quoted nowhere and left as it is', async (_what, text, code) => {
    const storage = memoryStorage();
    await storage.commit({ checks: [{ key: 'sessions:{odd}', version: null }], changes: [stored(text)] });
    const result = await manage(storage).updateSession('odd', increment);
    expect(result).toMatchObject({ success: false, error: { code } });
    expect(JSON.stringify(result) + String(!result.success && result.error.stack)).not.toContain('secret');
    expect((await storage.read({ entries: ['sessions:{odd}'] })).entries[0]?.value).toBe(text);
  });

  it('that cannot be read is deleted by trusted code, and by nobody who says who they are', async () => {
    const storage = memoryStorage();
    await storage.commit({ checks: [{ key: 'sessions:{odd}', version: null }], changes: [stored('corrupt')] });
    expect(await manage(storage).deleteSession('odd', { owner: 'me' })).toMatchObject({
      error: { code: 'INVALID_STATE' },
    });
    expect(await manage(storage).deleteSession('odd')).toMatchObject({ success: true, data: true });
    unwrap(await manage(storage).createSession({ sessionId: 'odd' }));
  });

  it('that cannot be read, and is written while it is deleted, is not told as one that was not there', async () => {
    const storage = memoryStorage();
    await storage.commit({ checks: [{ key: 'sessions:{odd}', version: null }], changes: [stored('corrupt')] });
    let isFirst = true;
    const racing = override(storage, {
      commit: async (transaction) => {
        const checks = [{ key: 'sessions:{odd}', version: 'odd' }];
        if (isFirst) await storage.commit({ checks, changes: [{ ...stored('worse'), version: 'odder' }] });
        isFirst = false;
        return storage.commit(transaction);
      },
    });
    expect(await manage(racing).deleteSession('odd')).toMatchObject({ success: false, error: { code: 'CONFLICT' } });
    expect(await manage(racing).deleteSession('odd')).toMatchObject({ success: true, data: true });
  });

  it('is readable in the storage under the plain name of its session', async () => {
    const storage = memoryStorage();
    await manage(storage, { namespace: 'session' }).createSession({ sessionId: 'abc123', owner: 'user-7' });
    const { entries } = await storage.read({ entries: ['session:{abc123}', 'session:{abc123}:guard'] });
    const record: unknown = JSON.parse(entries[0]?.value ?? '');
    expect(record).toMatchObject({ format: 2, owner: 'user-7', state: { count: 0 }, writes: [entries[0]?.version] });
    expect(entries[1]?.version).toMatch(/^[0-9a-f]{64}$/);
  });
});
