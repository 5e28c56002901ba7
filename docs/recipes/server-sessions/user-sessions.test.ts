import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { type Engine, onEachEngine } from '../testing/engines.ts';
import { meanwhile } from '../testing/meanwhile.ts';
import { deriveContext } from './pipeline-context.ts';
import { UserSessions, type UserSessionsOptions } from './user-sessions.ts';

const secret = 'a secret of this test, 32 bytes or more';
const notFound = expect.objectContaining({ code: 'NOT_FOUND' });
const step = { name: 'load-index', endpoint: '/load/index', requestBase64: 'cQ==', responseBase64: 'cg==' };

describe('UserSessions', () => {
  onEachEngine(suite);
});

function suite({ open, clock, sleep }: Engine): void {
  const begin = async (options: Partial<UserSessionsOptions> = {}) =>
    new UserSessions({ storage: await open(), secret, clock, ...options });

  it('makes a session of a login: a random id, the time, the context that is derived, and what is told beside it', async () => {
    const users = await begin();
    const before = clock();
    const session = await users.createSession('player-7', 'ticket-a', { device: 'phone' });
    expect(session).toMatchObject({ success: true, created: true, metadata: { device: 'phone' } });
    expect(session.sessionId).toMatch(/^[\w-]{24}$/);
    expect(session.createdAt).toBeGreaterThanOrEqual(before);
    const context = await deriveContext(secret, { accountId: 'player-7', ticket: 'ticket-a' });
    expect(session.data).toEqual({ context, lastStep: null });
    expect(await users.getSession(session.sessionId)).toMatchObject({ data: session.data, version: session.version });
    expect((await users.createSession('player-7', 'ticket-a')).sessionId).not.toBe(session.sessionId);
  });

  it('replaces the whole context, of which there is but one', async () => {
    const users = await begin();
    const { sessionId, data } = await users.createSession('player-7', 'ticket-a');
    const next = { ...data.context, viewerId: 4711, upstreamBase: 'https://upstream.test' };
    await users.setContext(sessionId, next);
    expect(await users.getContext(sessionId)).toEqual(next);
    expect((await users.getSession(sessionId))?.data.context).toEqual(next);
  });

  it('sets the last step, gets it, replaces it and clears it', async () => {
    const users = await begin();
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    expect(await users.getLastStep(sessionId)).toBeNull();
    await users.setLastStep(sessionId, { ...step, decoded: { gems: [1, 2] } });
    expect(await users.getLastStep(sessionId)).toEqual({ ...step, decoded: { gems: [1, 2] } });
    await users.setLastStep(sessionId, { name: 'only-a-name' });
    expect(await users.getLastStep(sessionId)).toEqual({ name: 'only-a-name' });
    await users.setLastStep(sessionId, null);
    expect(await users.getLastStep(sessionId)).toBeNull();
  });

  it('answers null to a question about no session, refuses a change of one, and deletes it without a word', async () => {
    const users = await begin();
    const { sessionId, data } = await users.createSession('player-7', 'ticket-a');
    await users.delete(sessionId);
    for (const id of [sessionId, 'never-made']) {
      expect(await Promise.all([users.getSession(id), users.getContext(id), users.getLastStep(id)])).toEqual([
        null,
        null,
        null,
      ]);
      await expect(users.setContext(id, data.context)).rejects.toEqual(notFound);
      await expect(users.setLastStep(id, step)).rejects.toEqual(notFound);
      await expect(users.delete(id)).resolves.toBeUndefined();
    }
  });

  it('ends at a fixed age, used or not, and looks like one that never was', async () => {
    const spanMs = 1500;
    const users = await begin({ ttl: { absoluteMs: spanMs } });
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    await sleep(spanMs / 2);
    await users.setLastStep(sessionId, step);
    expect(await users.getSession(sessionId)).not.toBeNull();
    await sleep(spanMs / 2 + 50);
    expect(await users.getSession(sessionId)).toBeNull();
    await expect(users.setLastStep(sessionId, null)).rejects.toEqual(notFound);
  });

  it('is swept when it has ended: handed over once, then gone from the storage too', async () => {
    const storage = await open();
    const users = await begin({ storage, ttl: { absoluteMs: 300 } });
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    await sleep(350);
    const last: unknown[] = [];
    const onExpire = (session: { sessionId: string }) => void last.push(session.sessionId);
    expect(await users.sweep({ onExpire })).toEqual({ expired: 1, failed: [] });
    expect(last).toEqual([sessionId]);
    expect((await storage.scan('', null, 100)).found).toEqual([]);
    expect(await users.sweep({ onExpire })).toEqual({ expired: 0, failed: [] });
  });

  it('loses nothing when two runs write one session at once', async () => {
    const users = await begin();
    const { sessionId } = await users.createSession('player-7', 'ticket-a');
    const count = () => users.setContext(sessionId, (context) => ({ ...context, viewerId: context.viewerId + 1 }));
    const name = (index: number) => users.setLastStep(sessionId, { name: `step-${index}` });
    await Promise.all(Array.from({ length: 10 }, (_, index) => [count(), name(index)]).flat());
    expect((await users.getContext(sessionId))?.viewerId).toBe(10);
    expect((await users.getLastStep(sessionId))?.name).toMatch(/^step-\d$/);
  });

  it('stays deleted when it is deleted while it is being written', async () => {
    const { storage, beforeNextCommit } = meanwhile(await open());
    const users = await begin({ storage });
    const { sessionId, data } = await users.createSession('player-7', 'ticket-a');
    beforeNextCommit(() => users.delete(sessionId));
    await expect(users.setContext(sessionId, data.context)).rejects.toEqual(notFound);
    expect(await users.getSession(sessionId)).toBeNull();
    expect((await storage.scan('', null, 100)).found).toEqual([]);
  });
}

describe('what cannot be', () => {
  it.each(['', 'secret', 'x'.repeat(31)])('is a secret that can be guessed: "%s"', (short) => {
    expect(() => new UserSessions({ storage: memoryStorage(), secret: short })).toThrow(
      expect.objectContaining({ code: 'INVALID', path: 'secret' }),
    );
  });

  it('is a login without an account or a ticket', async () => {
    const users = new UserSessions({ storage: memoryStorage(), secret });
    await expect(users.createSession('', 'ticket-a')).rejects.toMatchObject({
      code: 'INVALID_STATE',
      path: 'state.context.accountId',
    });
    const fromOutside: { accountId: string; ticket: string } = JSON.parse('{"accountId":7,"ticket":"ticket-a"}');
    await expect(users.createSession(fromOutside.accountId, fromOutside.ticket)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      path: 'state.context.accountId',
    });
  });

  it('is an outage that looks like a session which is not there', async () => {
    const storage = memoryStorage();
    const users = new UserSessions({ storage, secret });
    const { sessionId, data } = await users.createSession('player-7', 'ticket-a');
    await storage.close();
    const down = { code: 'STORAGE' };
    await expect(users.getSession(sessionId)).rejects.toMatchObject(down);
    await expect(users.getContext(sessionId)).rejects.toMatchObject(down);
    await expect(users.getLastStep(sessionId)).rejects.toMatchObject(down);
    await expect(users.setContext(sessionId, data.context)).rejects.toMatchObject(down);
    await expect(users.delete(sessionId)).rejects.toMatchObject(down);
    await expect(users.createSession('player-8', 'ticket-a')).rejects.toMatchObject(down);
  });
});
