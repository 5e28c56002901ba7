import { describe, expect, it } from 'vitest';
import { unwrap } from '../session/result.ts';
import { increment, manage } from '../session/test-sessions.ts';
import { memoryStorage } from '../storage/memory.ts';
import { slow } from './slow.ts';

describe('slow', () => {
  it('keeps every call waiting on its way there and back, and loses nothing', async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
      await new Promise((resolve) => setTimeout(resolve));
    };
    const sessions = manage(slow(memoryStorage(), { ms: 40, sleep }));
    const { sessionId } = unwrap(await sessions.createSession());
    expect(waits).toEqual([40, 40]);
    const others = manage(slow(memoryStorage(), { ms: 1 }));
    expect(await others.getSession(sessionId)).toMatchObject({ error: { code: 'NOT_FOUND' } });
    await Promise.all(Array.from({ length: 20 }, () => sessions.updateSession(sessionId, increment)));
    expect(unwrap(await sessions.getSession(sessionId)).data.count).toBe(20);
  });
});
