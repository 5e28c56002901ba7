import { SessionManager } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { describe, expect, it } from 'vitest';
import { OrchestrationState } from './orchestration-state.ts';
import { OrchestrationStateManager } from './orchestration-state-manager.ts';
import { initialOrchestrationState } from './rules.ts';
import { turnAttachment } from './turn/turn-parts.ts';
import { defineWorkflow } from './workflow.ts';

const workflow = defineWorkflow({
  steps: [
    { name: 'research' },
    { name: 'answer', when: [{ type: 'tool_used', tool: 'read_page' }], sequence: ['outline', 'write'] },
  ],
});
const shield = { id: 'shield', kind: 'boost', value: { hull: 50 }, turnsLeft: 2 };

describe.each([
  ['memory', () => memoryStorage()],
  ['sqlite', () => sqliteStorage({ path: ':memory:' })],
])('OrchestrationStateManager on %s', (_name, create) => {
  const manage = () => new OrchestrationStateManager({ storage: create(), workflow });

  it('remembers step, tools and sequence of a session', async () => {
    const states = manage();
    expect(await states.getState('s')).toBe(null);
    expect(await states.getOrCreateState('s')).toMatchObject({
      sessionId: 's',
      activeStep: 'research',
      recentlyUsedTools: [],
    });
    expect(await states.addUsedTool('s', 'read_page')).toMatchObject({
      activeStep: 'answer',
      recentlyUsedTools: ['read_page'],
    });
    expect(await states.advanceSequence('s')).toMatchObject({ sequenceIndex: 1 });
    expect(await states.setActiveStep('s', 'research')).toMatchObject({ activeStep: 'research', sequenceIndex: 0 });
    expect(await states.updateState('s', { turnCount: 3 })).toMatchObject({ turnCount: 3, activeStep: 'research' });
    expect(await states.getOrCreateState('s')).toMatchObject({ turnCount: 3 });
    expect(await states.resetState('s')).toMatchObject({ turnCount: 0, recentlyUsedTools: [] });
    expect(Object.keys(states.toClientView(await states.getOrCreateState('s'))).toSorted()).toEqual([
      'activeStep',
      'cumulativeTokenUsage',
      'effects',
      'recentlyUsedTools',
      'sessionId',
      'turnCount',
    ]);
  });

  it('enters a step by an update that makes its conditions true', async () => {
    const flow = defineWorkflow({
      steps: [{ name: 'talk' }, { name: 'late', when: [{ type: 'turn_count', atLeast: 3 }] }],
    });
    const states = new OrchestrationStateManager({ storage: create(), workflow: flow });
    await states.getOrCreateState('s');
    expect(await states.updateState('s', { turnCount: 2 })).toMatchObject({ activeStep: 'talk', stepCause: null });
    expect(await states.updateState('s', { turnCount: 3 })).toMatchObject({
      activeStep: 'late',
      stepCause: { event: 'changed' },
    });
    expect(await states.updateState('s', { turnCount: 0, activeStep: 'talk' })).toMatchObject({
      activeStep: 'talk',
      stepCause: { event: 'application' },
    });
  });

  it('reads a state that was stored before it knew what brings a session into its step', async () => {
    const storage = create();
    const older = new SessionManager({
      storage,
      namespace: 'orchestration-state',
      schema: OrchestrationState.omit({ stepCause: true }),
      initialState: ({ sessionId }) => initialOrchestrationState(workflow, sessionId),
      lists: ['messages', 'turns'],
      attachments: [turnAttachment],
    });
    expect(await older.createSession({ sessionId: 's' })).not.toHaveProperty('data.stepCause');
    const states = new OrchestrationStateManager({ storage, workflow });
    expect(await states.addUsedTool('s', 'search')).toMatchObject({ activeStep: 'research', stepCause: null });
  });

  it('keeps 8 of 8 tools added at once', async () => {
    const states = manage();
    await states.getOrCreateState('s');
    const tools = Array.from({ length: 8 }, (_, index) => `tool-${index}`);
    await Promise.all(tools.map((tool) => states.addUsedTool('s', tool)));
    const state = await states.getState('s');
    expect(state?.recentlyUsedTools.toSorted()).toEqual(tools);
    expect(state?.toolLog).toHaveLength(8);
  });

  it('advances a sequence once for each of 8 at once', async () => {
    const states = manage();
    await states.getOrCreateState('s');
    await Promise.all(Array.from({ length: 8 }, () => states.advanceSequence('s')));
    expect((await states.getState('s'))?.sequenceIndex).toBe(8);
  });

  it('keeps an effect for its turns, and tells of it when it is gone', async () => {
    const states = manage();
    await states.getOrCreateState('s');
    const torch = { id: 'torch', kind: 'boost', value: null, turnsLeft: 9 };
    expect(await states.addEffect('s', shield)).toMatchObject({ effects: [shield] });
    await states.addEffect('s', torch);
    expect(await states.advanceTurn('s')).toMatchObject({ state: { turnCount: 1 }, expired: [] });
    expect((await states.getState('s'))?.effects.map(({ turnsLeft }) => turnsLeft)).toEqual([1, 8]);
    expect(await states.advanceTurn('s')).toMatchObject({ expired: [{ id: 'shield' }] });
    expect(await states.removeEffect('s', 'torch')).toMatchObject({ effects: [], turnCount: 2 });
    await expect(states.addEffect('s', { ...shield, turnsLeft: 0 })).rejects.toMatchObject({
      code: 'INVALID',
      path: 'effect.turnsLeft',
    });
  });

  it('keeps 8 of 8 effects added at once, while turns end', async () => {
    const states = manage();
    await states.getOrCreateState('s');
    const add = (_: unknown, index: number) => states.addEffect('s', { ...shield, id: `e${index}`, turnsLeft: 100 });
    await Promise.all([...Array.from({ length: 8 }, add), states.advanceTurn('s'), states.advanceTurn('s')]);
    expect(await states.getState('s')).toMatchObject({ turnCount: 2, effects: { length: 8 } });
  });

  it('reads a state that was stored before there were effects', async () => {
    const storage = create();
    const states = new OrchestrationStateManager({ storage, workflow });
    await states.getOrCreateState('s');
    const [key] = (await storage.scan('orchestration-state:', null, 10)).found.map((found) => found.key);
    const entry = (await storage.read({ entries: [key ?? ''] })).entries[0];
    const value = (entry?.value ?? '').replace(',"effects":[]', '');
    expect(value).not.toContain('effects');
    const change = { type: 'set', key: key ?? '', value, version: 'before', ttlMs: null } as const;
    await storage.commit({ checks: [{ key: key ?? '', version: entry?.version ?? null }], changes: [change] });
    expect(await states.getState('s')).toMatchObject({ activeStep: 'research', effects: [] });
    expect(await states.addEffect('s', shield)).toMatchObject({ effects: [shield] });
  });

  it('answers null for a session that is not there, and makes none by the way', async () => {
    const states = manage();
    const answers = [
      await states.updateState('none', { turnCount: 1 }),
      await states.setActiveStep('none', 'answer'),
      await states.addUsedTool('none', 'search'),
      await states.advanceSequence('none'),
      await states.addEffect('none', shield),
      await states.removeEffect('none', shield.id),
      await states.advanceTurn('none'),
      await states.resetState('none'),
      await states.getState('none'),
    ];
    expect(answers).toEqual(Array.from({ length: 9 }, () => null));
  });

  it('refuses a step that the workflow does not have, and names those it has', async () => {
    const states = manage();
    await states.getOrCreateState('s');
    await expect(states.setActiveStep('s', 'lunch')).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('research, answer'),
    });
    await expect(states.updateState('s', { activeStep: 'lunch' })).rejects.toMatchObject({ code: 'INVALID' });
  });

  it('binds a session to its agent and owner', async () => {
    const storage = create();
    const finance = new OrchestrationStateManager({ storage, workflow, agentId: 'finance' });
    const support = new OrchestrationStateManager({ storage, agentId: 'support' });
    await finance.getOrCreateState('s', { owner: 'me' });
    expect(await support.getState('s', { owner: 'me' })).toBe(null);
    expect(await finance.getState('s', { owner: 'you' })).toBe(null);
    await expect(finance.getOrCreateState('s', { owner: 'you' })).rejects.toMatchObject({ code: 'EXISTS' });
    await expect(support.getOrCreateState('s', { owner: 'me' })).rejects.toMatchObject({ code: 'EXISTS' });
  });

  it('throws what is wrong with the storage', async () => {
    const storage = create();
    const states = new OrchestrationStateManager({ storage, workflow });
    await storage.close();
    await expect(states.getState('s')).rejects.toMatchObject({ code: 'STORAGE' });
    await expect(states.getOrCreateState('s')).rejects.toMatchObject({ code: 'STORAGE' });
  });
});
