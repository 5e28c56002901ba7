import { memoryStorage } from '@stateroom/core/memory';
import { manualClock } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { UserSessions } from './user-session.ts';

const minuteMs = 60_000;
const step = { name: 'asks nobody', run: () => 'done' };

describe('the life of a session at an upstream', () => {
  it('goes on by use, of which a run is one, and ends with all of its results', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const users = new UserSessions({ storage, secret: 'a secret of this test, 32 bytes or more', upstreamBase: '' });
    const session = await users.createSession({ accountId: 'player-7', ticket: 'the-ticket' });
    for (let use = 0; use < 4; use++) {
      await clock.advance(29 * minuteMs);
      await session.runPipeline([step]);
    }
    await clock.advance(29 * minuteMs);
    expect((await session.getLastStep())?.value).toBe('done');
    await clock.advance(minuteMs);
    await expect(session.getLastStep()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await clock.advance(60 * minuteMs);
    expect((await storage.scan('', null, 10)).found).toEqual([]);
  });
});
