import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import { override } from '../storage/override.ts';
import type { Transaction } from '../storage/provider.ts';
import { unwrap } from './result.ts';
import { increment, manage } from './test-sessions.ts';

describe('what one update hands on to the next', () => {
  it('is not laid over a session that was made anew in between, nor takes that one for missing', async () => {
    const storage = memoryStorage();
    const { promise: isBack, resolve: letBack } = Promise.withResolvers<void>();
    const { promise: isDone, resolve: done } = Promise.withResolvers<void>();
    let commits = 0;
    const slow = override(storage, {
      commit: async (transaction: Transaction) => {
        const commit = await storage.commit(transaction);
        commits += 1;
        if (commits > 1) return commit;
        done();
        await isBack;
        return commit;
      },
    });
    const others = manage(storage);
    const sessions = manage(slow);
    await others.createSession({ sessionId: 'a' });
    const first = sessions.updateSession('a', increment);
    await isDone;
    await others.deleteSession('a');
    await others.createSession({ sessionId: 'a', metadata: { run: 2 } });
    const second = sessions.updateSession('a', increment);
    letBack();
    unwrap(await first);
    expect(unwrap(await second)).toMatchObject({ data: { count: 1 }, metadata: { run: 2 } });
  });

  it('is old after a handle has written from its own memory, and not handed on', async () => {
    const storage = memoryStorage();
    let refusals = 0;
    const counting = override(storage, {
      commit: async (transaction: Transaction) => {
        const commit = await storage.commit(transaction);
        if (!commit.committed) refusals += 1;
        return commit;
      },
    });
    const sessions = manage(counting);
    await sessions.createSession({ sessionId: 'a' });
    const handle = sessions.handle('a');
    await handle.get();
    const plain = () => sessions.updateSession('a', increment);
    await Promise.all([handle.update(increment), plain(), handle.update(increment), plain()]);
    expect(unwrap(await sessions.getSession('a')).data.count).toBe(4);
    // The handle does not see what the plain update wrote in between; nobody else is refused.
    expect(refusals).toBe(1);
  });
});
