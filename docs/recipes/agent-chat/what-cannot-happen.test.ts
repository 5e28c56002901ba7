import { defineAgent } from '@stateroom/ai-sdk';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { flaky, manualClock, override, slow } from '@stateroom/core/testing';
import {
  activeTools,
  defineWorkflow,
  initialOrchestrationState,
  OrchestrationStateManager,
} from '@stateroom/orchestration';
import { describe, expect, it } from 'vitest';
import { type Engine, onEachEngine } from '../testing/engines.ts';
import { meanwhile } from '../testing/meanwhile.ts';
import { ConversationNotes } from './conversation-notes.ts';
import { createFinanceChat } from './finance-chat.ts';

const id = 'session-finance-12345';
const minuteMs = 60_000;

/** Each is what sessions do that are read, changed and written back, measured on such a framework. */
describe('what cannot happen to a session', () => {
  onEachEngine(races);
  onEachEngine(outages);
});

function races({ open }: Engine): void {
  const states = (storage: StorageProvider) => new OrchestrationStateManager({ storage });

  it('tool calls are lost that come at once, through a slow network, to eight servers', async () => {
    const storage = slow(await open(), { ms: 1 });
    await states(storage).getOrCreateState(id);
    const tools = Array.from({ length: 8 }, (_, index) => `tool-${index}`);
    await Promise.all(tools.map((tool) => states(storage).addUsedTool(id, tool)));
    await Promise.all(tools.map(() => states(storage).advanceSequence(id)));
    const state = await states(storage).getState(id);
    expect(state?.recentlyUsedTools.toSorted()).toEqual(tools);
    expect(state?.sequenceIndex).toBe(8);
  });

  it('notes are lost that eight servers take at once, of a conversation that has none yet', async () => {
    const storage = slow(await open(), { ms: 1 });
    const lines = Array.from({ length: 8 }, (_, index) => `line ${index}`);
    await Promise.all(lines.map((line) => new ConversationNotes({ storage }).take(id, 'AAPL', line)));
    const notes = await new ConversationNotes({ storage }).read(id);
    expect(notes?.summaries.toSorted()).toEqual(lines);
  });

  it('a read writes, or undoes what is written meanwhile', async () => {
    let commits = 0;
    const inner = await open();
    const storage = override(inner, {
      commit: (transaction) => {
        commits += 1;
        return inner.commit(transaction);
      },
    });
    const manager = states(storage);
    await manager.getOrCreateState(id);
    const before = await manager.sessions.getSession(id);
    commits = 0;
    for (let times = 0; times < 10; times++) await manager.getState(id);
    expect(commits).toBe(0);
    expect(await manager.sessions.getSession(id)).toMatchObject({ version: before.success ? before.version : '' });
    await Promise.all(Array.from({ length: 20 }, () => [manager.advanceSequence(id), manager.getState(id)]).flat());
    expect((await manager.getState(id))?.sequenceIndex).toBe(20);
  });

  it('what was deleted is there again, by an update that was on its way', async () => {
    const { storage, beforeNextCommit } = meanwhile(await open());
    const manager = states(storage);
    await manager.getOrCreateState(id);
    beforeNextCommit(() => manager.sessions.deleteSession(id));
    expect(await manager.addUsedTool(id, 'stock_quote')).toBeNull();
    expect(await manager.getState(id)).toBeNull();
    expect((await storage.scan('', null, 10)).found).toEqual([]);
  });

  it('two make one session, and each believes that it is theirs', async () => {
    const storage = await open();
    const made = await Promise.all(
      ['ada', 'grace'].map((owner) => states(storage).sessions.createSession({ sessionId: id, owner })),
    );
    expect(made.filter(({ success }) => success)).toHaveLength(1);
  });

  it('an update that throws leaves half of itself, or one that waits leaves a promise', async () => {
    const { sessions } = new ConversationNotes({ storage: await open() });
    await sessions.createSession({ sessionId: id });
    const torn = sessions.updateSession(id, async (notes) => {
      const half = { ...notes, topic: 'half done' };
      throw new Error(`the rest of ${half.topic} failed`);
    });
    await expect(torn).rejects.toThrow('the rest of half done failed');
    expect(await sessions.getSession(id)).toMatchObject({ data: { topic: null } });
    const read = await sessions.getSession(id);
    if (read.success) read.data.summaries.push('changed by hand');
    expect(await sessions.getSession(id)).toMatchObject({ data: { summaries: [] } });
    const waited = await sessions.updateSession(id, async (notes) => ({
      ...notes,
      topic: await Promise.resolve('BTC'),
    }));
    expect(waited).toMatchObject({ data: { topic: 'BTC' } });
  });
}

function outages({ open, clock }: Engine): void {
  it('a state is put back to its beginning, since it could not be read', async () => {
    const storage = await open();
    let isDown = false;
    const chat = createFinanceChat({ storage: flaky(storage, { isDown: () => isDown }) });
    await chat.states.getOrCreateState(id);
    await chat.states.setActiveStep(id, 'report');
    isDown = true;
    for (let times = 0; times < 2; times++) {
      await expect(chat.states.getOrCreateState(id)).rejects.toMatchObject({ code: 'STORAGE' });
      await expect(chat.states.addUsedTool(id, 'compare')).rejects.toMatchObject({ code: 'STORAGE' });
      await expect(chat.notes.take(id, 'AAPL', 'lost')).rejects.toMatchObject({ code: 'STORAGE' });
    }
    isDown = false;
    expect(await chat.states.getOrCreateState(id)).toMatchObject({ activeStep: 'report', recentlyUsedTools: [] });
  });

  it('a write that failed is told as done', async () => {
    const storage = flaky(await open(), { isUnreachable: () => true });
    const { sessions } = new ConversationNotes({ storage });
    expect(await sessions.createSession({ sessionId: id })).toMatchObject({ error: { code: 'STORAGE' } });
  });

  it('a key has its namespace twice, or is that of another namespace', async () => {
    const storage = await open();
    await createFinanceChat({ storage }).states.getOrCreateState('b:c');
    const keys = (await storage.scan('', null, 10)).found.map(({ key }) => key);
    expect(keys.toSorted()).toEqual(['orchestration-state:{b%3Ac}', 'orchestration-state:{b%3Ac}:guard']);
    const nested = new OrchestrationStateManager({ storage });
    expect(await nested.getState('c')).toBeNull();
  });

  it('times come back as something else', async () => {
    const before = clock();
    const { sessions } = new ConversationNotes({ storage: await open(), clock });
    await sessions.createSession({ sessionId: id });
    const read = await sessions.getSession(id);
    expect(read.success && [read.createdAt, read.updatedAt].every((at) => Number.isInteger(at) && at >= before)).toBe(
      true,
    );
  });
}

describe('a life span is as it is said', () => {
  const room = (ttl: ConstructorParameters<typeof ConversationNotes>[0]['ttl']) => {
    const clock = manualClock();
    const { sessions } = new ConversationNotes({ storage: memoryStorage({ clock: clock.now }), ttl: { ...ttl } });
    return { clock, sessions };
  };

  it.each([
    ['undefined is half an hour, as if nothing was said', { idleMs: undefined }, 30 * minuteMs],
    ['half a second is half a second', { idleMs: 500 }, 500],
    ['1999 milliseconds are not one second', { idleMs: 1999 }, 1999],
  ])('%s', async (_name, ttl, lifeMs) => {
    const { clock, sessions } = room(ttl);
    await sessions.createSession({ sessionId: id });
    await clock.advance(lifeMs - 1);
    expect(await sessions.getSession(id)).toMatchObject({ success: true });
    await clock.advance(1);
    expect(await sessions.getSession(id)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it.each([0, -5, Number.NaN])('%d is none, and refused', (idleMs) => {
    expect(() => room({ idleMs })).toThrow(expect.objectContaining({ code: 'INVALID', path: 'ttl.idleMs' }));
  });

  it('a day is a day, whatever else is passed on that nobody has set', async () => {
    const clock = manualClock();
    const storage = memoryStorage({ clock: clock.now });
    const ttl = { idleMs: 24 * 60 * minuteMs, absoluteMs: undefined, slideOn: undefined, graceMs: undefined };
    const states = new OrchestrationStateManager({ storage, ttl });
    await states.getOrCreateState(id);
    await clock.advance(24 * 60 * minuteMs - 1);
    expect(await states.getState(id)).not.toBeNull();
  });

  it('that of one room stays with it, through reads and updates', async () => {
    const { clock, sessions } = room({ idleMs: 60 * minuteMs });
    await sessions.createSession({ sessionId: id, ttl: { idleMs: 5000 } });
    await sessions.getSession(id);
    await sessions.updateSession(id, (notes) => notes);
    await clock.advance(5000);
    expect(await sessions.getSession(id)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });
});

describe('what cannot happen to a workflow', () => {
  const stepAfter = async (wanted: string[], used: string[]) => {
    const workflow = defineWorkflow({
      steps: [{ name: 'first' }, { name: 'then', when: [{ type: 'sequence_match', tools: wanted }] }],
    });
    const states = new OrchestrationStateManager({ storage: memoryStorage(), workflow });
    await states.getOrCreateState(id);
    for (const tool of used) await states.addUsedTool(id, tool);
    return (await states.getState(id))?.activeStep;
  };

  it.each([
    [['a', 'b'], ['a', 'b'], 'then'],
    [['a', 'b'], ['b', 'a'], 'first'],
    [['a', 'a'], ['a', 'a'], 'then'],
    [['a', 'a'], ['a'], 'first'],
  ])('the sequence %j is read backwards, or without what is repeated, in %j', async (wanted, used, step) => {
    expect(await stepAfter(wanted, used)).toBe(step);
  });

  it.each([
    [{ allow: [] }, []],
    [{ allow: ['a', 'b'], deny: ['b'] }, ['a']],
    [{ deny: ['b'] }, ['a', 'c']],
  ])('of the lists %j one is overlooked', (tools, offered) => {
    const workflow = defineWorkflow({ steps: [{ name: 'only', tools }] });
    expect(activeTools(workflow, initialOrchestrationState(workflow, id), ['a', 'b', 'c'])).toEqual(offered);
  });

  it('a tool is named that the agent does not have', () => {
    const workflow = defineWorkflow({ steps: [{ name: 'only', tools: { allow: ['stock_qoute'] } }] });
    const misspelt = () =>
      defineAgent({ id: 'finance', model: scriptedModel(), instructions: '', tools: {}, workflow });
    expect(misspelt).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });
});
