import { type Logger, StateroomError } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { addEffect, defineWorkflow, OrchestrationStateManager, type SessionData } from '@stateroom/orchestration';
import { tool } from 'ai';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { type AgentOptions, defineAgent } from './agent.ts';
import { loadConversation, roomOf } from './agent-room.ts';
import { scriptedModel } from '../scripted-model.ts';
import { routeOn } from '../testing/desk.ts';
import { post, stateOf, textOf, userMessage } from '../testing/talk.ts';
import { sessionOf, type ToolSession } from './tool-session.ts';

const Purse = z.object({ coins: z.int().min(0), secret: z.string() });
type Purse = z.infer<typeof Purse>;
const described: SessionData<Purse> = {
  schema: Purse,
  initial: { coins: 3, secret: 'hush' },
  view: ({ coins }) => ({ coins }),
};
const earn = (coins: number) => (purse: Purse) => ({ ...purse, coins: purse.coins + coins });
const workflow = defineWorkflow({
  transitions: 'model',
  steps: [
    { name: 'poor', to: ['shop'] },
    { name: 'rich', when: [{ type: 'state', at: '/data/coins', greaterThan: 9 }], instructions: 'Be proud.' },
    { name: 'shop', when: [{ type: 'state', at: '/data/coins', greaterThan: 4 }], to: [] },
    { name: 'lit', when: [{ type: 'state', at: '/state/effects/0/id', equals: 'lamp' }], to: [] },
  ],
});
const me = { owner: 'me' };

type Act = (session: ToolSession<Purse>) => unknown;

describe.each([
  ['memory', () => memoryStorage()],
  ['sqlite', () => sqliteStorage({ path: ':memory:' })],
])('the data of an agent on %s', (_name, create) => {
  /** A desk whose one tool does what a message of this text is about. */
  function room(acts: Record<string, Act> = {}, options: Partial<AgentOptions<Purse>> = {}, logger?: Logger) {
    const storage = create();
    const offers: string[][] = [];
    const model = scriptedModel({
      reply: ({ userText, toolResults }) =>
        userText in acts && !toolResults.some(({ isNew }) => isNew)
          ? { toolCalls: [{ name: 'act', input: { what: userText } }] }
          : { text: toolResults.map(({ output }) => JSON.stringify(output)).join() || 'Well.' },
    });
    const doStream: typeof model.doStream = (asked) => {
      offers.push((asked.tools ?? []).map(({ name }) => name));
      return model.doStream(asked);
    };
    const act = tool({
      inputSchema: z.object({ what: z.string() }),
      execute: async ({ what }, given) => (await acts[what]?.(sessionOf(given, Purse))) ?? null,
    });
    const agent = defineAgent({
      id: 'desk',
      model: { ...model, doStream },
      instructions: '',
      tools: { act },
      workflow,
      data: described,
      ...options,
    });
    const route = routeOn(storage, { agents: [agent], ...(logger && { logger }) });
    const states = new OrchestrationStateManager({ storage, workflow, data: described, agentId: 'desk' });
    return {
      storage,
      agent,
      offers,
      states,
      say: (text: string, id?: string) => post(route, { id: 's', message: userMessage(text, id), create: true }),
      regenerate: () => post(route, { id: 's', regenerate: null }),
      coins: async (sessionId = 's') => (await states.getState(sessionId, me))?.data.coins,
      load: () => loadConversation({ storage, agent, sessionId: 's', ...me }),
    };
  }

  it('is read and changed by tools, turn after turn, and shown as its view alone', async () => {
    const { say, coins, load } = room({
      earn: (session) => {
        expectTypeOf(session.data).toEqualTypeOf<Purse>();
        session.updateData(earn(1));
        session.updateData(earn(1));
        return session.data.coins;
      },
    });
    const first = await say('earn');
    expect([textOf(first), stateOf(first)]).toEqual(['5', expect.objectContaining({ data: { coins: 5 } })]);
    expect(stateOf(await say('earn'))).toMatchObject({ data: { coins: 7 } });
    expect([await coins(), (await load())?.state.data]).toEqual([7, { coins: 7 }]);
    expect(JSON.stringify([first.chunks, [...first.headers], await load()])).not.toContain('hush');
  });

  it('is shown with what effects make of it for as long as they hold', async () => {
    const view: typeof described.view = ({ coins }, { effects }) => ({ coins: coins * (effects.length + 1) });
    const luck = { id: 'luck', kind: 'luck', value: null, turnsLeft: 2 };
    const act: Act = (session) => session.update((state) => addEffect(state, luck));
    const { say, load } = room({ gamble: act }, { data: { ...described, view } });
    expect(stateOf(await say('gamble'))).toMatchObject({ data: { coins: 6 } });
    expect((await load())?.state.data).toEqual({ coins: 6 });
    expect(stateOf(await say('nothing'))).toMatchObject({ data: { coins: 3 } });
  });

  it('makes conditions true for the next model step, and no sooner', async () => {
    const { say, offers, states } = room({
      save: (session) => session.updateData(earn(2)),
      inherit: (session) => session.updateData(earn(20)),
    });
    await say('save');
    expect(await states.getState('s', me)).toMatchObject({ activeStep: 'shop', stepCause: { event: 'changed' } });
    await states.setActiveStep('s', 'poor', me);
    await say('nothing');
    expect(offers.map((names) => names.includes('go_to_step'))).toEqual([false, false, true]);
    await say('inherit');
    expect(await states.getState('s', me)).toMatchObject({ activeStep: 'rich' });
  });

  it('is no reason to enter a step that the change of the state names', async () => {
    const { say, states } = room({
      choose: (session) =>
        session.update((state) => ({ ...state, activeStep: 'poor', data: earn(20)(session.data), turnCount: 7 })),
      light: (session) =>
        session.update((state) => addEffect(state, { id: 'lamp', kind: 'light', value: null, turnsLeft: 9 })),
    });
    await states.getOrCreateState('s', me);
    await states.setActiveStep('s', 'shop', me);
    await say('choose');
    expect(await states.getState('s', me)).toMatchObject({ activeStep: 'poor', turnCount: 8 });
    await say('light');
    expect(await states.getState('s', me)).toMatchObject({ activeStep: 'lit' });
  });

  it('is refused at once where it does not fit its schema or JSON, and the turn goes on', async () => {
    const refused: unknown[] = [];
    const attempt = (act: Act) => (session: ToolSession<Purse>) => {
      try {
        act(session);
      } catch (error) {
        refused.push(error instanceof StateroomError ? [error.code, error.path] : error);
      }
      session.updateData(earn(1));
    };
    const { say, coins } = room({
      overspend: attempt((session) => session.updateData(earn(-4))),
      nothing: attempt((session) => session.update((state) => ({ ...state, data: null }))),
      other: attempt((session) => session.as(z.object({ gems: z.int() })).data),
    });
    for (const text of ['overspend', 'nothing', 'other']) await say(text);
    expect(refused).toEqual([
      ['INVALID_STATE', 'state.data.coins'],
      ['INVALID_STATE', 'state.data'],
      ['INVALID_STATE', 'state.data.gems'],
    ]);
    expect(await coins()).toBe(6);
  });

  it('keeps what is changed from outside while its turn runs', async () => {
    const { say, states, coins } = room({
      earn: async (session) => {
        session.updateData(earn(1));
        await Promise.all(Array.from({ length: 8 }, () => states.updateData('s', earn(10), me)));
        session.updateData(earn(1));
      },
    });
    expect(stateOf(await say('earn'))).toMatchObject({ data: { coins: 85 } });
    expect(await coins()).toBe(85);
  });

  it('keeps what a tool has made of it when the tool fails, and when the model does', async () => {
    const { say, coins } = room({
      fail: (session) => {
        session.updateData(earn(1));
        throw new Error('too late');
      },
    });
    await say('fail');
    expect(await coins()).toBe(4);
  });

  it('goes back when an answer is given anew, and when its turn is rolled back', async () => {
    const { agent, storage, say, regenerate, coins } = room({ earn: (session) => session.updateData(earn(1)) });
    await say('earn');
    expect(await coins()).toBe(4);
    await regenerate();
    expect(await coins()).toBe(4);
    const { turns } = roomOf(agent, { storage });
    const access = { ...me, agentId: 'desk' };
    const begun = await turns.begin('s', { ...access, messageId: 'm', input: [] });
    if (begun.status !== 'started') throw new Error(begun.status);
    begun.turn.update((state) => ({ ...state, data: { coins: 99, secret: '' } }));
    await begun.turn.step();
    expect(await coins()).toBe(99);
    begun.turn.request('rolled_back');
    await begun.turn.end();
    expect(await coins()).toBe(4);
    await turns.fork('s', { ...access, turnId: null, forkId: 'f' });
    expect(await coins('f')).toBe(3);
  });

  it('costs no answer when its view fails: no data is shown, and it is told', async () => {
    const told: unknown[] = [];
    const note = (fields: object) => void told.push(fields);
    const logger = { debug: note, info: note, warn: note, error: note };
    const view = () => 'x'.repeat(20_000);
    const { say, load, coins } = room(
      { earn: (session) => session.updateData(earn(1)) },
      { data: { ...described, view } },
      logger,
    );
    const answer = await say('earn');
    expect([textOf(answer), answer.chunks.at(-1)?.type]).toEqual(['null', 'finish']);
    expect(Object.keys(z.record(z.string(), z.unknown()).parse(stateOf(answer)))).not.toContain('data');
    expect(told).toContainEqual({ error: 'StateroomError LIMIT' });
    expect(await coins()).toBe(4);
    expect((await load())?.state.data).toBe(undefined);
  });
});

describe('an agent with data', () => {
  const options = { id: 'desk', model: scriptedModel(), instructions: '', tools: {} };

  it('is refused with initial data that does not fit', () => {
    const data = { schema: Purse, initial: { coins: -1, secret: '' } };
    expect(() => defineAgent({ ...options, data })).toThrow(
      expect.objectContaining({ code: 'INVALID', path: 'data.initial.coins' }),
    );
  });

  it('may have conditions on it, and one without may not', () => {
    const isRich = { type: 'state' as const, at: '/data/coins', greaterThan: 9 };
    const nested = defineWorkflow({
      steps: [{ name: 'poor' }, { name: 'rich', when: [{ type: 'not', of: { type: 'any', of: [isRich] } }] }],
    });
    expect(defineAgent({ ...options, workflow: nested, data: described }).data).not.toBe(null);
    expect(() => defineAgent({ ...options, workflow: nested })).toThrow(
      expect.objectContaining({ code: 'INVALID', path: 'workflow.steps[1].when[0].of.of[0].at' }),
    );
  });

  it('is another than one without: its tools are told what is missing', async () => {
    const told: unknown[] = [];
    const look = tool({
      inputSchema: z.object({}),
      execute: (_input, given) => {
        try {
          return sessionOf(given, Purse).data.coins;
        } catch (error) {
          return told.push(error);
        }
      },
    });
    const route = routeOn(memoryStorage(), { agents: [defineAgent({ ...options, tools: { look } })] });
    const answer = await post(route, { id: 's', message: userMessage('look'), create: true });
    expect(answer.chunks.at(-1)?.type).toBe('finish');
    expect(told[0]).toMatchObject({ code: 'INVALID', path: 'agent.data' });
  });
});
