import { isStateroomError, type Logger } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { manualClock } from '@stateroom/core/testing';
import { describe, expect, it } from 'vitest';
import { type Engine, onEachEngine } from '../testing/engines.ts';
import { ConversationNotes } from './conversation-notes.ts';
import { createFinanceChat } from './finance-chat.ts';

const id = 'session-finance-12345';
const minuteMs = 60_000;

describe('the front desk', () => {
  onEachEngine(suite);
});

function suite({ open }: Engine): void {
  const arrive = async () => createFinanceChat({ storage: await open() });

  it('makes a room of the state factory, under the id that it is given, and hands over the same one again', async () => {
    const { sessions } = (await arrive()).notes;
    const state = { sessionId: id, topic: null, summaries: [] };
    expect(await sessions.createSession({ sessionId: id })).toMatchObject({
      success: true,
      created: true,
      data: state,
    });
    await sessions.updateSession(id, (notes) => ({ ...notes, topic: 'AAPL' }));
    expect(await sessions.createSession({ sessionId: id, ifExists: 'return' })).toMatchObject({
      created: false,
      data: { ...state, topic: 'AAPL' },
    });
  });

  it('makes keys of its own: of a hundred at once none is like another', async () => {
    const { sessions } = (await arrive()).notes;
    const made = await Promise.all(Array.from({ length: 100 }, () => sessions.createSession()));
    expect(new Set(made.map(({ sessionId }) => sessionId)).size).toBe(100);
  });

  it('tells a room that is not there from one that is, and makes none by the way', async () => {
    const { sessions } = (await arrive()).notes;
    const gone = { success: false, sessionId: id, error: { code: 'NOT_FOUND' } };
    expect(await sessions.getSession(id)).toMatchObject(gone);
    expect(await sessions.updateSession(id, (notes) => notes)).toMatchObject(gone);
    expect(await sessions.deleteSession(id)).toMatchObject({ success: true, data: false });
    await sessions.createSession({ sessionId: id });
    expect(await sessions.deleteSession(id)).toMatchObject({ success: true, data: true });
    expect(await sessions.getSession(id)).toMatchObject(gone);
  });

  it('keeps the state of the orchestration beside, under the same id in another namespace', async () => {
    const storage = await open();
    const { notes, states } = createFinanceChat({ storage });
    await notes.take(id, 'AAPL', 'Apple is at $1.');
    expect(await states.getState(id)).toBeNull();
    await states.getOrCreateState(id);
    const keys = (await storage.scan('', null, 10)).found
      .map(({ key }) => key)
      .filter((key) => !key.includes(':guard'));
    expect(keys.toSorted()).toEqual([`orchestration-state:{${id}}`, `sessions:{${id}}`]);
    await states.sessions.deleteSession(id);
    expect(await notes.read(id)).toMatchObject({ topic: 'AAPL' });
  });

  it('begins in the default step with nothing used, changes what it is told, and keeps the rest', async () => {
    const { states } = await arrive();
    expect(await states.getOrCreateState(id)).toMatchObject({
      sessionId: id,
      activeStep: 'look',
      recentlyUsedTools: [],
      sequenceIndex: 0,
      cumulativeTokenUsage: { totalTokens: 0 },
    });
    await states.addUsedTool(id, 'recall');
    expect(await states.updateState(id, { turnCount: 3 })).toMatchObject({
      turnCount: 3,
      recentlyUsedTools: ['recall'],
    });
    expect(await states.setActiveStep(id, 'report')).toMatchObject({ activeStep: 'report', sequenceIndex: 0 });
    expect(await states.advanceSequence(id)).toMatchObject({ sequenceIndex: 1 });
  });

  it('keeps the ten tools that were used last, the latest first, each once', async () => {
    const { states } = await arrive();
    await states.getOrCreateState(id);
    for (let index = 0; index < 12; index++) await states.addUsedTool(id, `tool-${index}`);
    await states.addUsedTool(id, 'tool-7');
    const recent = [7, 11, 10, 9, 8, 6, 5, 4, 3, 2].map((index) => `tool-${index}`);
    expect((await states.getState(id))?.recentlyUsedTools).toEqual(recent);
  });
}

describe('how long a room is kept', () => {
  it('is half an hour after the last note, and a day after the last turn, to the millisecond', async () => {
    const clock = manualClock();
    const { notes, states } = createFinanceChat({ storage: memoryStorage({ clock: clock.now }) });
    await states.getOrCreateState(id);
    await notes.take(id, 'AAPL', 'one');
    await clock.advance(29 * minuteMs);
    await notes.take(id, 'AAPL', 'two');
    await clock.advance(30 * minuteMs - 1);
    expect((await notes.read(id))?.summaries).toEqual(['one', 'two']);
    await clock.advance(1);
    expect(await notes.read(id)).toBeNull();
    await clock.advance((24 * 60 - 59) * minuteMs - 1);
    expect(await states.getState(id)).not.toBeNull();
    await clock.advance(1);
    expect(await states.getState(id)).toBeNull();
  });

  it('can be for ever, and for one room alone', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const { sessions } = new ConversationNotes({ storage, ttl: { idleMs: null } });
    await sessions.createSession({ sessionId: 'for ever' });
    await sessions.createSession({ sessionId: 'short', ttl: { idleMs: 5000 } });
    await clock.advance(5000);
    expect(await sessions.getSession('short')).toMatchObject({ error: { code: 'NOT_FOUND' } });
    await clock.advance(365 * 24 * 60 * minuteMs);
    expect(await sessions.getSession('for ever')).toMatchObject({ success: true });
  });
});

describe('what the desk says of its work', () => {
  it('holds no word of a guest, no key, and no answer', async () => {
    const lines: unknown[][] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const logger: Logger = { debug: log, info: log, warn: log, error: log };
    const { notes } = createFinanceChat({ storage: memoryStorage(), logger });
    await notes.take(id, 'AAPL', 'a secret of the guest');
    await notes.sessions.deleteSession(id);
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`secret|AAPL|${id}`));
  });

  it('is a code where the storage is down, which never looks like an empty room', async () => {
    const storage = memoryStorage();
    const { notes, states } = createFinanceChat({ storage });
    await storage.close();
    expect(await notes.sessions.getSession(id)).toMatchObject({ success: false, error: { code: 'STORAGE' } });
    const refused: unknown = await states.getState(id).catch((error: unknown) => error);
    expect(isStateroomError(refused) && refused.code).toBe('STORAGE');
  });
});
