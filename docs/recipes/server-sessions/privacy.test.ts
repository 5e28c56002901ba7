import { inspect } from 'node:util';
import { memoryStorage } from '@stateroom/core/memory';
import { describe, expect, it } from 'vitest';
import { UserSessions } from './user-sessions.ts';

const secret = 'a secret of this test, 32 bytes or more';
const step = { name: 'load-index', endpoint: '/load/index', requestBase64: 'cQ==', responseBase64: 'cg==' };

describe('what leaves the server', () => {
  const users = new UserSessions({ storage: memoryStorage(), secret });

  it('is the id and the time of a session, and nothing else', async () => {
    const session = await users.createSession('player-7', 'the-ticket', { device: 'phone' });
    const { sessionId, createdAt } = session;
    expect(session.view).toStrictEqual({ sessionId, createdAt });
    expect(JSON.parse(JSON.stringify(session))).toStrictEqual({
      success: true,
      sessionId,
      view: { sessionId, createdAt },
    });
  });

  it('is no ticket, key or account, in whatever is made JSON of, logged or thrown', async () => {
    const session = await users.createSession('player-7', 'the-ticket');
    const { sessionId, data } = session;
    await users.setLastStep(sessionId, { ...step, decoded: { echo: 'the-ticket' } });
    const shown = [
      session,
      await users.getSession(sessionId),
      await users.getContext(sessionId),
      await users.getLastStep(sessionId),
    ];
    // A class instance cannot be stored; its refusal names the place, not what is there.
    const refused: unknown = await users
      .setLastStep(sessionId, { decoded: { ticket: 'the-ticket', at: new Date() } })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'INVALID_STATE', path: 'state.lastStep.decoded.at' });
    for (const value of [...shown, refused, { inside: shown }]) {
      for (const text of [JSON.stringify(value), inspect(value, { depth: null })]) {
        for (const secretPart of ['the-ticket', 'player-7', data.context.authKey, data.context.responseKey]) {
          expect(text).not.toContain(secretPart);
        }
      }
    }
  });

  it('is never what a log line says', async () => {
    const lines: unknown[][] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const logged = new UserSessions({
      storage: memoryStorage(),
      secret,
      logger: { debug: log, info: log, warn: log, error: log },
    });
    const { sessionId } = await logged.createSession('player-7', 'the-ticket');
    await logged.setLastStep(sessionId, step);
    await logged.delete(sessionId);
    expect(lines).toHaveLength(3);
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`the-ticket|player-7|${sessionId}`));
  });
});
