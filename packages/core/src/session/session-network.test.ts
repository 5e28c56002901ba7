import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { flaky } from '../testing/flaky.ts';
import { override } from '../storage/override.ts';
import { unwrap } from './result.ts';
import { increment, manage } from './test-sessions.ts';

describe('over a bad network', () => {
  it('a write whose reply is lost takes effect once', async () => {
    const sessions = manage(flaky(memoryStorage(), { losesReply: (commit) => commit % 2 === 1 }));
    const { sessionId } = unwrap(await sessions.createSession());
    for (let times = 0; times < 20; times++) unwrap(await sessions.updateSession(sessionId, increment));
    const { data, lists } = unwrap(await sessions.getSession(sessionId, { lists: { log: {} } }));
    expect([data.count, lists.log?.length]).toEqual([20, 0]);
    expect(await sessions.deleteSession(sessionId)).toMatchObject({ success: true, data: true });
  });

  it('a write finds itself behind up to seven later ones, and says UNKNOWN_OUTCOME behind more', async () => {
    for (const [laterWrites, expected] of [
      [7, { success: true }],
      [8, { error: { code: 'UNKNOWN_OUTCOME' } }],
    ] as const) {
      const storage = memoryStorage();
      const { sessionId } = unwrap(await manage(storage).createSession());
      let commits = 0;
      const interposed = override(storage, {
        commit: async (transaction) => {
          const commit = await flaky(storage, { losesReply: () => commits++ === 0 })
            .commit(transaction)
            .catch(async (error: unknown) => {
              for (let times = 0; times < laterWrites; times++)
                await manage(storage).updateSession(sessionId, increment);
              throw error;
            });
          return commit;
        },
      });
      expect(await manage(interposed).updateSession(sessionId, increment)).toMatchObject(expected);
      expect(unwrap(await manage(storage).getSession(sessionId)).data.count).toBe(laterWrites + 1);
    }
  });

  it('a write whose reply is lost before the network goes down is UNKNOWN_OUTCOME, not a STORAGE error to try again', async () => {
    const storage = memoryStorage();
    const { sessionId } = unwrap(await manage(storage).createSession());
    const dying = flaky(storage, { losesReply: () => true, isUnreachable: (commit) => commit > 1 });
    expect(await manage(dying).updateSession(sessionId, increment)).toMatchObject({
      error: { code: 'UNKNOWN_OUTCOME' },
    });
    expect(unwrap(await manage(storage).getSession(sessionId)).data.count).toBe(1);
  });

  it('a creation whose reply is lost before the network goes down is UNKNOWN_OUTCOME too', async () => {
    const lossy = flaky(memoryStorage(), { losesReply: () => true });
    const dying = override(lossy, { read: () => Promise.reject(new Error('connection refused')) });
    expect(await manage(dying).createSession()).toMatchObject({ error: { code: 'UNKNOWN_OUTCOME' } });
  });

  it('an update whose reply is lost ends in NOT_FOUND when its session gave way to another of its id', async () => {
    const storage = memoryStorage();
    await manage(storage).createSession({ sessionId: 'a' });
    let commits = 0;
    const interposed = override(storage, {
      commit: (transaction) =>
        flaky(storage, { losesReply: () => commits++ === 0 })
          .commit(transaction)
          .catch(async (error: unknown) => {
            await manage(storage).deleteSession('a');
            await manage(storage).createSession({ sessionId: 'a' });
            throw error;
          }),
    });
    expect(await manage(interposed).updateSession('a', increment)).toMatchObject({ error: { code: 'NOT_FOUND' } });
    expect(unwrap(await manage(storage).getSession('a')).data.count).toBe(0);
  });

  it('a creation whose reply is lost does not bring back what was deleted meanwhile', async () => {
    const storage = memoryStorage();
    const lossy = flaky(storage, { losesReply: () => true });
    const interposed = override(storage, {
      commit: (transaction) =>
        lossy.commit(transaction).catch(async (error: unknown) => {
          await manage(storage).deleteSession('brief');
          throw error;
        }),
    });
    expect(await manage(interposed).createSession({ sessionId: 'brief' })).toMatchObject({
      error: { code: 'UNKNOWN_OUTCOME' },
    });
    expect((await storage.scan('', null, 10)).found).toEqual([]);
  });

  it('a storage that fails is a STORAGE error, never an absent session, and is not written over', async () => {
    const storage = memoryStorage();
    const { sessionId } = unwrap(await manage(storage).createSession());
    unwrap(await manage(storage).updateSession(sessionId, increment));
    const down = override(storage, { read: () => Promise.reject(new Error('connection refused')) });
    const failure = { success: false, error: { code: 'STORAGE' } };
    expect(await manage(down).getSession(sessionId)).toMatchObject(failure);
    expect(await manage(down).updateSession(sessionId, increment)).toMatchObject(failure);
    expect(await manage(down).deleteSession(sessionId)).toMatchObject(failure);
    const unreachable = flaky(storage, { isUnreachable: () => true });
    expect(await manage(unreachable).createSession({ sessionId, ifExists: 'return' })).toMatchObject(failure);
    expect(unwrap(await manage(storage).getSession(sessionId)).data.count).toBe(1);
  });
});
