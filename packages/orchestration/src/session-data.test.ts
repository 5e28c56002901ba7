import { memoryStorage } from '@stateroom/core/memory';
import { sqliteStorage } from '@stateroom/core/sqlite';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { toClientView } from './orchestration-state.ts';
import { OrchestrationStateManager } from './orchestration-state-manager.ts';
import type { SessionData } from './session-data.ts';
import { TurnManager } from './turn/turn-manager.ts';
import { started } from './testing/rooms.ts';
import { explain } from './workflow/explain.ts';
import { situationOf } from './workflow/situation.ts';
import { defineWorkflow } from './workflow.ts';

const Purse = z.object({ coins: z.int().min(0), of: z.string(), secret: z.string().default('hush') });
type Purse = z.infer<typeof Purse>;
const data: SessionData<Purse> = {
  schema: Purse,
  initial: (sessionId) => ({ coins: 3, of: sessionId, secret: 'hush' }),
  view: ({ coins }) => ({ coins }),
};
const earn = (coins: number) => (purse: Purse) => ({ ...purse, coins: purse.coins + coins });
const workflow = defineWorkflow({
  steps: [
    { name: 'poor' },
    { name: 'rich', when: [{ type: 'state', at: '/data/coins', greaterThan: 9 }] },
    { name: 'broke', when: [{ type: 'custom', predicate: 'isBroke' }] },
  ],
  predicates: { isBroke: (situation) => Purse.safeParse(situation.data).data?.coins === 0 },
});

describe.each([
  ['memory', () => memoryStorage()],
  ['sqlite', () => sqliteStorage({ path: ':memory:' })],
])('the data of sessions on %s', (_name, create) => {
  function room() {
    const storage = create();
    const states = new OrchestrationStateManager({ storage, workflow, data });
    const turns = new TurnManager({ sessions: states.sessions });
    const begin = async (messageId: string) => started(await turns.begin('s', { messageId, input: [] }));
    const coins = async (sessionId = 's') => (await states.getState(sessionId))?.data.coins;
    return { storage, states, turns, begin, coins };
  }

  it('begins as described, is changed with its type, and reset', async () => {
    const { states } = room();
    const state = await states.getOrCreateState('s');
    expectTypeOf(state.data).toEqualTypeOf<Purse>();
    expect(state.data).toEqual({ coins: 3, of: 's', secret: 'hush' });
    expect(await states.updateData('s', earn(2))).toMatchObject({ data: { coins: 5 }, turnCount: 0 });
    expect(await states.resetState('s')).toMatchObject({ data: { coins: 3 } });
    expect(await states.updateData('none', earn(1))).toBe(null);
  });

  it('loses none of 8 changes made at once, while tools are recorded', async () => {
    const { states } = room();
    await states.getOrCreateState('s');
    const eight = Array.from({ length: 8 }, (_, index) => index);
    await Promise.all(eight.flatMap((n) => [states.updateData('s', earn(1)), states.addUsedTool('s', `tool-${n}`)]));
    expect(await states.getState('s')).toMatchObject({ data: { coins: 11 }, toolLog: { length: 8 } });
  });

  it('is refused where it does not fit its schema, with the path, and stays', async () => {
    const { states, coins } = room();
    await states.getOrCreateState('s');
    await expect(states.updateData('s', earn(-4))).rejects.toMatchObject({
      code: 'INVALID_STATE',
      path: 'state.data.coins',
    });
    const nothing = JSON.parse('null');
    await expect(states.updateData('s', () => nothing)).rejects.toMatchObject({ path: 'state.data' });
    expect(await coins()).toBe(3);
  });

  it('makes conditions true, and false, by its own changes', async () => {
    const { states } = room();
    await states.getOrCreateState('s');
    expect(await states.updateData('s', earn(1))).toMatchObject({ activeStep: 'poor' });
    expect(await states.updateData('s', earn(6))).toMatchObject({
      activeStep: 'rich',
      stepCause: { event: 'changed' },
    });
    expect(await states.updateData('s', earn(-10))).toMatchObject({ activeStep: 'broke' });
    const state = await states.setActiveStep('s', 'poor');
    expect(await states.addUsedTool('s', 'look')).toMatchObject({ activeStep: 'poor' });
    const told = state && explain(workflow, situationOf(state), []).conditions.map(({ isTrue }) => isTrue);
    expect(told).toEqual([false, true]);
  });

  it('is there for sessions that were stored before there was any', async () => {
    const { storage, states } = room();
    const before = new OrchestrationStateManager({ storage, workflow });
    expect(await before.getOrCreateState('s')).toMatchObject({ data: null });
    expect((await states.getState('s'))?.data).toEqual({ coins: 3, of: 's', secret: 'hush' });
    await states.updateData('s', earn(1));
    expect(await before.addUsedTool('s', 'look')).toMatchObject({ data: { coins: 4 } });
    await expect(before.updateData('s', (purse) => purse)).rejects.toMatchObject({ code: 'INVALID', path: 'data' });
  });

  it('is one with the turn: kept in its steps, gone with a turn that is rolled back, whatever others change', async () => {
    const { states, begin, coins } = room();
    await states.getOrCreateState('s');
    const change = (state: Awaited<ReturnType<typeof states.getOrCreateState>>) => ({
      ...state,
      data: earn(2)(state.data),
    });
    for (const [messageId, left] of [
      ['m1', 5],
      ['m2', 7],
    ] as const) {
      await using turn = await begin(messageId);
      turn.update(change);
      await turn.end();
      expect(await coins()).toBe(left);
    }
    await using turn = await begin('m3');
    turn.update(change);
    await turn.step();
    await states.updateData('s', earn(10));
    expect(await coins()).toBe(19);
    turn.request('rolled_back');
    await turn.end();
    expect(await coins()).toBe(17);
  });

  it('keeps what is changed from outside while a turn runs', async () => {
    const { states, begin, coins } = room();
    await states.getOrCreateState('s');
    await using turn = await begin('m1');
    turn.update((state) => ({ ...state, data: earn(1)(state.data) }));
    await Promise.all(Array.from({ length: 8 }, () => states.updateData('s', earn(10))));
    await turn.step();
    expect(turn.state.data.coins).toBe(84);
    turn.update((state) => ({ ...state, data: earn(1)(state.data) }));
    await Promise.all([states.updateData('s', earn(10)), turn.end()]);
    expect(await coins()).toBe(95);
  });

  it('is where a step has left it when the process dies', async () => {
    const { storage, states, begin, coins } = room();
    await states.getOrCreateState('s');
    const dying = new TurnManager({ sessions: states.sessions, leaseMs: 50 });
    const dead = started(await dying.begin('s', { messageId: 'm1', input: [] }));
    const change = (state: typeof dead.state) => ({ ...state, data: earn(1)(state.data) });
    dead.update(change);
    await dead.step();
    dead.update(change);
    dead.abandon();
    const after = new OrchestrationStateManager({ storage, workflow, data });
    await expect
      .poll(async () => (await new TurnManager({ sessions: after.sessions }).open('s'))?.state.data.coins)
      .toBe(4);
    await expect.poll(async () => (await begin('m2').catch(() => null))?.state.data.coins, { timeout: 10_000 }).toBe(4);
    expect(await coins()).toBe(4);
  });

  it('goes back with a rewind, and along with a fork', async () => {
    const { states, turns, begin, coins } = room();
    await states.getOrCreateState('s');
    for (const messageId of ['m1', 'm2']) {
      await using turn = await begin(messageId);
      turn.update((state) => ({ ...state, data: earn(4)(state.data) }));
      await turn.end();
    }
    await turns.fork('s', { turnId: 'm1#1', forkId: 'f' });
    expect([await coins('f'), await coins()]).toEqual([7, 11]);
    await turns.rewind('s', { turnId: 'm1#1' });
    expect(await coins()).toBe(7);
    await turns.rewind('s', { turnId: null });
    expect([await coins('f'), await coins()]).toEqual([7, 3]);
  });

  it('shows its view alone', async () => {
    const { states } = room();
    const view = states.toClientView(await states.getOrCreateState('s'));
    expect(view.data).toEqual({ coins: 3 });
    expect(JSON.stringify(view)).not.toContain('hush');
  });

  it('is shown with what the effects that hold make of it', async () => {
    const storage = create();
    const view: typeof data.view = ({ coins }, held) => ({ coins, doubled: coins * (held.effects.length + 1) });
    const states = new OrchestrationStateManager({ storage, workflow, data: { ...data, view } });
    await states.getOrCreateState('s');
    const lucky = await states.addEffect('s', { id: 'luck', kind: 'luck', value: null, turnsLeft: 1 });
    expect(lucky && states.toClientView(lucky).data).toEqual({ coins: 3, doubled: 6 });
    const sober = (await states.advanceTurn('s'))?.state;
    expect(sober && states.toClientView(sober).data).toEqual({ coins: 3, doubled: 3 });
  });
});

describe('the view of data', () => {
  const states = new OrchestrationStateManager({ storage: memoryStorage(), data: { schema: Purse, initial: empty() } });

  it('is nothing where none is described', async () => {
    const state = await states.getOrCreateState('s');
    expect(Object.keys(states.toClientView(state))).not.toContain('data');
    expect(Object.keys(toClientView({ ...state, data: { ...state.data, secret: 'x' } }))).not.toContain('data');
  });

  it.each([
    ['INVALID_STATE', { at: new Date(0) }],
    ['INVALID_STATE', [Number.NaN]],
    ['LIMIT', 'x'.repeat(16_383)],
  ])('is %s for what cannot be shown', async (code, shown) => {
    const state = await states.getOrCreateState('s');
    const view = () => JSON.parse('0', () => shown);
    const path = expect.stringMatching(/^data\.view/);
    expect(() => toClientView(state, { schema: Purse, initial: empty(), view })).toThrow(
      expect.objectContaining({ code, path }),
    );
  });

  it('is any JSON that is not too long', async () => {
    const state = await states.getOrCreateState('s');
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (shown) => {
        const json = JSON.stringify(shown);
        // A name that no reader of JSON should be given, and that is left out.
        fc.pre(!json.includes('__proto__'));
        const view = () => JSON.parse(json);
        expect(JSON.stringify(toClientView(state, { schema: Purse, initial: empty(), view }).data)).toBe(json);
      }),
    );
  });
});

function empty(): Purse {
  return { coins: 0, of: 'nobody', secret: '' };
}
