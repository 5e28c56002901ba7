import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Logger } from '../logger.ts';
import { memoryStorage } from '../storage/memory.ts';
import { flaky } from '../testing/flaky.ts';
import { unwrap } from './result.ts';
import { SessionManager } from './session-manager.ts';

const State = z.object({ ticket: z.string(), step: z.string() });
const secret = 'steam-ticket-0451';
const initialState = () => ({ ticket: secret, step: 'start' });

describe('what leaves the server', () => {
  it('is nothing of the state by default: neither by JSON nor by console.log', async () => {
    const sessions = new SessionManager({ storage: memoryStorage(), schema: State, initialState });
    const created = unwrap(await sessions.createSession({ sessionId: 'a', owner: 'me', metadata: { plan: 'free' } }));
    const updated = unwrap(await sessions.updateSession('a', (state) => ({ ...state, step: 'next' })));
    const handle = sessions.handle('a');
    const read = unwrap(await handle.get());
    const [listed] = (await sessions.listSessions({ owner: 'me' })).sessions;
    for (const result of [created, updated, read, listed, handle]) {
      expect(JSON.stringify(result)).not.toContain(secret);
      expect(inspect(result, { depth: 9, showHidden: true })).not.toContain(secret);
      expect(inspect({ nested: [result] }, { depth: 9 })).not.toContain(secret);
    }
    expect(JSON.parse(JSON.stringify(read))).toEqual({ success: true, sessionId: 'a' });
    expect(JSON.parse(JSON.stringify(handle))).toEqual({ sessionId: 'a', metadata: { plan: 'free' } });
    expect(inspect(handle)).toBe(`{ sessionId: 'a', metadata: { plan: 'free' } }`);
    expect(read.data.ticket).toBe(secret);
  });

  it('is what clientView makes of it, and that belongs to whoever asks', async () => {
    const clock = () => 5;
    const sessions = new SessionManager({
      storage: memoryStorage(),
      schema: State,
      initialState,
      clock,
      clientView: ({ step }, { sessionId, createdAt }) => ({ sessionId, createdAt, steps: [step] }),
    });
    const created = unwrap(await sessions.createSession({ sessionId: 'a' }));
    const view = { sessionId: 'a', createdAt: 5, steps: ['start'] };
    expect(await Response.json(created).json()).toEqual({ success: true, sessionId: 'a', view });
    created.view.steps.push('mine');
    expect(created.view).toEqual(view);
    const steps: string[] = unwrap(await sessions.getSession('a')).view.steps;
    expect(steps).toEqual(['start']);
  });

  it('is no id in full and no value in any line of the log', async () => {
    const lines: string[] = [];
    const note = (fields: object, message: string) => void lines.push(`${inspect(fields, { depth: 9 })} ${message}`);
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const storage = flaky(memoryStorage(), { losesReply: (commit) => commit % 3 === 0 });
    const sessions = new SessionManager({ storage, schema: State, initialState, logger });
    const sessionId = 'a-session-id-that-opens-doors';
    const owner = 'owner-of-doors';
    sessions.on('updated', () => {
      throw new Error('a listener failed');
    });
    await sessions.createSession({ sessionId, owner });
    await Promise.all(
      Array.from({ length: 5 }, () => sessions.updateSession(sessionId, (state) => ({ ...state, step: 'next' }))),
    );
    await sessions.deleteSession(sessionId, { owner });
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.join('\n')).not.toMatch(new RegExp(`${sessionId}|${secret}|${owner}`));
  });
});
