import { silentLogger } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { addEffect, defineWorkflow, type Effect, OrchestrationStateManager } from '@stateroom/orchestration';
import { tool, type ToolExecutionOptions } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Agent, defineAgent } from './agent.ts';
import { roomOf } from './agent-room.ts';
import { scriptedModel, type ScriptedModelOptions } from '../scripted-model.ts';
import { load, routeOn } from '../testing/desk.ts';
import { ask, post, stateOf, userMessage } from '../testing/talk.ts';
import { sessionOf } from './tool-session.ts';
import { guardTools } from '../run/guard-tools.ts';
import { TurnProgress } from '../run/turn-progress.ts';

const inputSchema = z.object({});
const workflow = defineWorkflow({
  steps: [{ name: 'watch', tools: { allow: ['look', 'unlock'], deny: ['burn'] }, instructions: 'Keep watch.' }],
});
const grant: Effect = { id: 'grant', kind: 'tool', value: 'vault', turnsLeft: 2 };
const tone: Effect = { id: 'tone', kind: 'instructions', value: 'Whisper.', turnsLeft: 2 };

/** A room whose model notes what it is offered and told. */
function room(reply: ScriptedModelOptions['reply'] = () => ({ text: 'Well.' }), delayMs = 0) {
  const storage = memoryStorage();
  const ran: string[] = [];
  const offers: string[][] = [];
  const told: string[] = [];
  const model = scriptedModel({ reply, delayMs });
  const doStream: typeof model.doStream = (options) => {
    offers.push((options.tools ?? []).map(({ name }) => name));
    told.push(options.prompt.flatMap(({ role, content }) => (role === 'system' ? [content] : [])).join());
    return model.doStream(options);
  };
  const named = (name: string) => tool({ inputSchema, execute: () => (ran.push(name), name) });
  const tools = {
    look: named('look'),
    unlock: tool({
      inputSchema,
      execute: (_input, options) => {
        ran.push('unlock');
        sessionOf(options).update((state) => [grant, tone].reduce(addEffect, state));
        return sessionOf(options).state.effects.length;
      },
    }),
    vault: named('vault'),
    burn: named('burn'),
  };
  const agent = defineAgent({ id: 'desk', model: { ...model, doStream }, instructions: 'Be brief.', tools, workflow });
  const states = new OrchestrationStateManager({ storage, workflow, agentId: 'desk' });
  const route = routeOn(storage, { agents: [agent], turns: { leaseMs: 2000 } });
  const effects = async () => (await states.getState('s', { owner: 'me' }))?.effects;
  const say = (text: string, more: object = {}) =>
    post(route, { id: 's', message: userMessage(text), create: true, ...more });
  const add = async (effect: Effect) => {
    await states.getOrCreateState('s', { owner: 'me' });
    return states.addEffect('s', effect, { owner: 'me' });
  };
  return { storage, agent, route, states, ran, offers, told, effects, say, add };
}

describe('effects in turns', () => {
  it('grant a tool for two turns, and not for a third; the guard agrees', async () => {
    const { say, add, offers, ran } = room(({ toolResults }) =>
      toolResults.some(({ isNew }) => isNew) ? { text: 'Done.' } : { toolCalls: [{ name: 'vault', input: {} }] },
    );
    await add(grant);
    for (const text of ['one', 'two', 'three']) await say(text);
    const [before, granted] = [
      ['look', 'unlock'],
      ['look', 'unlock', 'vault'],
    ];
    expect(offers).toEqual([granted, granted, granted, granted, before, before]);
    expect(ran).toEqual(['vault', 'vault']);
  });

  it('are added by a tool: for the rest of its turn, and the turns after it', async () => {
    const { say, offers, told, ran } = room(({ userText, toolResults }) => {
      const isNew = toolResults.some((result) => result.isNew);
      return userText === 'open' && !isNew ? { toolCalls: [{ name: 'unlock', input: {} }] } : { text: 'Done.' };
    });
    const answer = await say('open');
    expect(stateOf(answer)).toMatchObject({
      effects: [
        { id: 'grant', kind: 'tool', turnsLeft: 1, value: 'vault' },
        { id: 'tone', kind: 'instructions', turnsLeft: 1 },
      ],
    });
    expect(JSON.stringify(stateOf(answer))).not.toContain('Whisper');
    expect(stateOf(await say('next'))).toMatchObject({ effects: [] });
    await say('last');
    expect(offers.map((names) => names.includes('vault'))).toEqual([false, true, true, false]);
    const plain = 'Be brief.\n\nKeep watch.';
    expect(told).toEqual([plain, `${plain}\n\nWhisper.`, `${plain}\n\nWhisper.`, plain]);
    expect(ran).toEqual(['unlock']);
  });

  it('take a tool away for their turns', async () => {
    const { say, add, offers, ran } = room(({ toolResults }) =>
      toolResults.some(({ isNew }) => isNew) ? { text: 'Well.' } : { toolCalls: [{ name: 'look', input: {} }] },
    );
    await add({ id: 'tired', kind: 'cooldown', value: 'look', turnsLeft: 2 });
    for (const text of ['one', 'two']) await say(text);
    expect(ran).toEqual([]);
    await say('three');
    expect(offers.map((names) => names.includes('look'))).toEqual([false, false, false, false, true, true]);
    expect(ran).toEqual(['look']);
  });

  it('never grant what the step denies', async () => {
    const { say, add, offers, ran } = room(({ toolResults }) =>
      toolResults.length > 0 ? { text: 'Well.' } : { toolCalls: [{ name: 'burn', input: {} }] },
    );
    await add({ ...grant, value: 'burn' });
    await say('one');
    expect([offers[0], ran]).toEqual([['look', 'unlock'], []]);
  });
});

describe('the turns of an effect', () => {
  const long = { ...grant, turnsLeft: 9 };

  it('are those that were completed or stopped, not one that failed', async () => {
    let isDown = true;
    const { say, add, effects, route } = room(() => {
      if (isDown) throw new Error('down');
      return { text: Array.from({ length: 50 }, () => 'word').join(' ') };
    }, 20);
    await add(long);
    await say('fails');
    expect(await effects()).toEqual([long]);
    isDown = false;
    const running = post(route, { id: 's', message: userMessage('is stopped', 'm1') });
    await expect
      .poll(async () => (await ask(route, 'DELETE', { id: 's', turn: 'm1#1' })).status, { timeout: 5000 })
      .toBe(200);
    await running;
    expect(await effects()).toEqual([{ ...long, turnsLeft: 8 }]);
    await say('is completed');
    expect(await effects()).toEqual([{ ...long, turnsLeft: 7 }]);
  });

  it('are also those that another message has interrupted', async () => {
    const text = Array.from({ length: 200 }, () => 'word').join(' ');
    const { agent, storage, add, effects } = room(
      ({ userText }) => ({ text: userText === 'first' ? text : 'Well.' }),
      20,
    );
    const route = routeOn(storage, { agents: [{ ...agent, overlap: 'interrupt' }] });
    await add(long);
    const first = post(route, { id: 's', message: userMessage('first', 'm1') });
    await expect.poll(async () => (await load(storage, 's'))?.runningTurnId, { timeout: 5000 }).toBe('m1#1');
    await post(route, { id: 's', message: userMessage('second', 'm2') });
    expect((await first).chunks.at(-1)?.type).toBe('abort');
    expect(await effects()).toEqual([{ ...long, turnsLeft: 7 }]);
  });

  it('are none that was taken back, nor one that another turn has rolled back', async () => {
    const { agent, states, storage } = room();
    const { sessions, turns } = roomOf(agent, { storage });
    await sessions.createSession({ sessionId: 's', agentId: 'desk', owner: 'me' });
    await states.addEffect('s', long, { owner: 'me' });
    const access = { agentId: 'desk', owner: 'me' };
    for (const end of ['completed', 'rolled_back'] as const) {
      const begun = await turns.begin('s', { ...access, messageId: end, input: [] });
      if (begun.status !== 'started') throw new Error(begun.status);
      new TurnProgress(agent, begun.turn).recordEnd();
      if (end === 'rolled_back') begun.turn.request('rolled_back');
      await begun.turn.end();
      expect((await load(storage, 's'))?.state.effects).toMatchObject([{ turnsLeft: 8 }]);
    }
    await turns.rewind('s', { ...access, turnId: null });
    expect((await load(storage, 's'))?.state.effects).toMatchObject([{ turnsLeft: 9 }]);
  });
});

/** A turn, by hand. */
async function progressOf(agent: Agent, whose: { readonly owner?: string } = { owner: 'me' }) {
  const { sessions, turns } = roomOf(agent, { storage: memoryStorage() });
  await sessions.createSession({ sessionId: 's', agentId: agent.id, ...whose });
  const begun = await turns.begin('s', { messageId: 'm', input: [], agentId: agent.id, ...whose });
  if (begun.status !== 'started') throw new Error(begun.status);
  return { turn: begun.turn, progress: new TurnProgress(agent, begun.turn) };
}

const call: ToolExecutionOptions<never> = { toolCallId: 'c', messages: [], context: undefined as never };

describe('the guard of a tool', () => {
  it('lets through what the model step was offered by an effect, and nothing that one has taken away', async () => {
    const { agent, ran } = room();
    const { turn, progress } = await progressOf(agent);
    turn.update((state) => [grant, { ...grant, id: 'c', kind: 'cooldown', value: 'look' }].reduce(addEffect, state));
    const guards = guardTools(agent.tools, progress, silentLogger);
    expect(progress.beginModelStep().activeTools).toEqual(['unlock', 'vault']);
    await guards['vault']?.execute?.({}, call);
    await expect((async () => guards['look']?.execute?.({}, call))()).rejects.toThrow('Allowed now: unlock, vault.');
    expect(ran).toEqual(['vault']);
  });
});

describe('the session of a tool', () => {
  async function called(agent: Agent, whose?: { readonly owner?: string }) {
    const { turn, progress } = await progressOf(agent, whose);
    progress.beginModelStep();
    const given: object[] = [];
    const seen = tool({ inputSchema, execute: (_input, options) => given.push(options) });
    const { execute } = guardTools({ look: seen }, progress, silentLogger)['look'] ?? {};
    const again = async (toolCallId: string) => {
      await execute?.({}, { ...call, toolCallId });
      return sessionOf(given.at(-1) ?? {});
    };
    return { turn, session: await again('c'), again };
  }

  it('tells whose it is, and the key of the call: its own, and the same whenever that is carried out', async () => {
    const { session, again } = await called(room().agent);
    expect(session.owner).toBe('me');
    const keys = [await again('c'), await again('d')].map(({ idempotencyKey }) => idempotencyKey);
    expect(keys.map((key) => key === session.idempotencyKey)).toEqual([true, false]);
    expect(session.as(z.unknown()).idempotencyKey).toBe(session.idempotencyKey);
    expect(JSON.parse(session.idempotencyKey)).toEqual(['s', 'm#1', 'c']);
    const { session: nobodys } = await called(room().agent, {});
    expect(() => nobodys.owner).toThrow(expect.objectContaining({ code: 'INVALID', path: 'session.owner' }));
  });

  it('refuses a state that cannot be, at once, and keeps whose it is', async () => {
    const { turn, session } = await called(room().agent);
    expect(() => session.update((state) => ({ ...state, turnCount: -1 }))).toThrow(
      expect.objectContaining({ code: 'INVALID_STATE', path: 'state.turnCount' }),
    );
    expect(() => session.update((state) => addEffect(state, { ...grant, turnsLeft: 0 }))).toThrow(
      expect.objectContaining({ code: 'INVALID', path: 'effect.turnsLeft' }),
    );
    session.update((state) => ({ ...state, sessionId: 'another', turnCount: 7 }));
    await turn.end();
    expect(turn.state).toMatchObject({ sessionId: 's', turnCount: 7 });
  });

  it('refuses a change that would not be kept any more', async () => {
    const { turn, session } = await called(room().agent);
    turn.request('stopped');
    expect(() => session.update((state) => addEffect(state, grant))).toThrow(
      expect.objectContaining({ name: 'TurnStopped' }),
    );
    turn.abandon();
    expect(() => session.update((state) => state)).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
    expect(turn.state.effects).toEqual([]);
  });

  it('is that of a turn: a tool that is called by anybody else has none', () => {
    expect(() => sessionOf({ toolCallId: 'c', messages: [] })).toThrow(
      expect.objectContaining({ code: 'INVALID', path: 'options.session' }),
    );
  });
});
