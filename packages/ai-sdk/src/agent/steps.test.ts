import { silentLogger } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { defineWorkflow, OrchestrationStateManager } from '@stateroom/orchestration';
import { jsonSchema, tool, type ToolExecutionOptions } from 'ai';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AgentOptions, defineAgent } from './agent.ts';
import { roomOf } from './agent-room.ts';
import { guardTools, ToolRefusal } from '../run/guard-tools.ts';
import { scriptedModel, type ScriptedModelOptions } from '../scripted-model.ts';
import { load, routeOn } from '../testing/desk.ts';
import { post, stateOf, textOf, userMessage } from '../testing/talk.ts';
import { transitionTool } from '../run/transition-tool.ts';
import { TurnProgress } from '../run/turn-progress.ts';

const tools = {
  look: tool({ inputSchema: z.object({}), execute: () => 'seen' }),
  pay: tool({ inputSchema: z.object({}), execute: () => 'paid' }),
};

const steps = [
  { name: 'talk', tools: { allow: ['look'] } },
  { name: 'plan', description: 'Think it over.', tools: { allow: [] } },
  { name: 'till', when: [{ type: 'tool_used', tool: 'look' } as const], tools: { allow: ['pay'] } },
];
const chosen = defineWorkflow({ steps, transitions: 'model' });

function agentOf(reply: ScriptedModelOptions['reply'], options: Partial<AgentOptions> = {}) {
  const model = scriptedModel(reply && { reply });
  return defineAgent({ id: 'desk', model, instructions: 'Be brief.', tools, workflow: chosen, ...options });
}

const go = (step: string) => ({ toolCalls: [{ name: 'go_to_step', input: { step } }] });

describe('a model whose workflow leaves the transitions to it', () => {
  it('does not undo where the application has put the session meanwhile', async () => {
    const storage = memoryStorage();
    const closed = defineWorkflow({
      steps: [
        { name: 'talk', tools: { allow: ['look'] } },
        { name: 'pay', tools: { allow: ['pay'] }, to: [] },
        { name: 'hand', tools: { allow: [] }, to: [] },
      ],
      transitions: 'model',
    });
    const paid: unknown[] = [];
    const look = tool({
      inputSchema: z.object({}),
      execute: async () => {
        const states = new OrchestrationStateManager({ storage, workflow: closed, agentId: 'desk' });
        await states.setActiveStep('s', 'hand', { owner: 'me' });
        return 'handed over';
      },
    });
    const pay = tool({ inputSchema: z.object({}), execute: () => paid.push('paid') });
    const reply: ScriptedModelOptions['reply'] = ({ toolResults }) => {
      if (toolResults.length === 0) return { toolCalls: [...go('pay').toolCalls, { name: 'look', input: {} }] };
      return toolResults.length === 2 ? { toolCalls: [{ name: 'pay', input: {} }] } : { text: 'done' };
    };
    const agent = agentOf(reply, { workflow: closed, tools: { look, pay } });
    const answer = await post(routeOn(storage, { agents: [agent] }), {
      id: 's',
      message: userMessage('go'),
      create: true,
    });
    expect([stateOf(answer), paid]).toMatchObject([{ activeStep: 'hand' }, []]);
  });

  it('is told where it may go, goes there, and finds the tools of that step', async () => {
    const seen: unknown[] = [];
    const storage = memoryStorage();
    const agent = agentOf(({ offeredTools, toolResults }) => {
      seen.push(offeredTools.map(({ name }) => name));
      return toolResults.length === 0 ? go('plan') : { text: 'I am planning.' };
    });
    const route = routeOn(storage, { agents: [agent] });
    const answer = await post(route, { id: 's', message: userMessage('plan it'), create: true });
    expect(seen).toEqual([['look', 'go_to_step'], ['go_to_step']]);
    expect(stateOf(answer)).toMatchObject({ activeStep: 'plan', recentlyUsedTools: [] });
    expect(textOf(answer)).toBe('I am planning.');
    expect(JSON.stringify((await load(storage, 's'))?.messages)).toContain('"output":{"step":"plan"}');
    const again = await post(route, { id: 's', message: userMessage('and now?') });
    expect(stateOf(again)).toMatchObject({ activeStep: 'plan', turnCount: 2 });
  });

  it('is refused a step whose conditions do not hold, and told which it may choose', async () => {
    const results: unknown[] = [];
    const agent = agentOf(({ toolResults }) => {
      results.push(...toolResults.map(({ output }) => output));
      return toolResults.length === 0 ? go('till') : { text: 'I may not.' };
    });
    const answer = await post(routeOn(memoryStorage(), { agents: [agent] }), { message: userMessage('pay') });
    expect(results).toEqual([
      expect.stringContaining('Step "till" cannot be gone to from step "talk". Allowed now: plan.'),
    ]);
    expect(stateOf(answer)).toMatchObject({ activeStep: 'talk' });
  });

  it('is not offered a way where there is none, nor where the transitions are not its own', async () => {
    const offers: unknown[] = [];
    const reply: ScriptedModelOptions['reply'] = ({ offeredTools, toolResults }) => {
      offers.push(offeredTools.map(({ name }) => name));
      return toolResults.length === 0 ? go('plan') : { text: String(toolResults[0]?.output) };
    };
    const closed = defineWorkflow({ steps: [{ name: 'talk', to: [] }], transitions: 'model' });
    const own = defineWorkflow({ steps: [{ name: 'talk', to: ['plan'] }, { name: 'plan' }] });
    for (const workflow of [closed, own]) {
      const route = routeOn(memoryStorage(), { agents: [agentOf(reply, { workflow })] });
      expect(stateOf(await post(route, { message: userMessage('go') }))).toMatchObject({ activeStep: 'talk' });
    }
    expect(offers.flat()).not.toContain('go_to_step');
  });

  it('counts no transition as a tool of a sequence of calls, but tells of it in the record of the turn', async () => {
    const twice = defineWorkflow({
      steps: [
        { name: 'talk' },
        { name: 'plan', to: ['talk'] },
        { name: 'done', when: [{ type: 'sequence_match', tools: ['look', 'pay'] }], to: [] },
      ],
      transitions: 'model',
    });
    const calls = ['look', 'plan', 'pay'];
    const agent = agentOf(
      ({ toolResults }) => {
        const next = calls[toolResults.length];
        if (next === undefined) return { text: 'Done.' };
        return next === 'plan' ? go('plan') : { toolCalls: [{ name: next, input: {} }] };
      },
      { workflow: twice },
    );
    const storage = memoryStorage();
    const route = routeOn(storage, { agents: [agent] });
    const answer = await post(route, { id: 's', message: userMessage('go'), create: true });
    expect(stateOf(answer)).toMatchObject({ activeStep: 'done', recentlyUsedTools: ['pay', 'look'] });
    const [turn] = await roomOf(agent, { storage }).turns.list('s', { owner: 'me', agentId: 'desk' });
    expect(turn?.tools?.map((used) => [used.name, used.ok])).toEqual([
      ['look', true],
      ['go_to_step', true],
      ['pay', true],
    ]);
  });
});

describe('a step', () => {
  it("is spoken by the model that it names, with its own words beside the agent's", async () => {
    const spoken: string[] = [];
    const speaker = (name: string) => {
      const model = scriptedModel({
        reply: ({ toolResults }) =>
          toolResults.length === 0 ? { toolCalls: [{ name: 'look', input: {} }] } : { text: `${name} has the word.` },
      });
      return {
        ...model,
        doStream: async (options: Parameters<typeof model.doStream>[0]) => {
          const system = options.prompt.flatMap(({ role, content }) => (role === 'system' ? [content] : []));
          spoken.push(`${name}: ${system.join()}`);
          return model.doStream(options);
        },
      };
    };
    const workflow = defineWorkflow({
      steps: [
        { name: 'talk', to: ['plan'] },
        {
          name: 'till',
          when: [{ type: 'tool_used', tool: 'look' }],
          model: 'careful',
          instructions: 'Count twice.',
          to: ['talk', 'plan'],
        },
        { name: 'plan', description: 'Think it over.' },
      ],
      transitions: 'model',
    });
    const models = { careful: speaker('careful') };
    const agent = agentOf(undefined, { workflow, model: speaker('own'), models });
    const route = routeOn(memoryStorage(), { agents: [agent] });
    expect(textOf(await post(route, { message: userMessage('go') }))).toBe('careful has the word.');
    expect(spoken).toEqual([
      'own: Be brief.\n\nWith go_to_step you may go to one of these steps:\n- plan: Think it over.',
      'careful: Be brief.\n\nCount twice.\n\nWith go_to_step you may go to one of these steps:\n- talk\n- plan: Think it over.',
    ]);
  });

  it('is entered by the end of a turn, for the turn that comes next', async () => {
    const workflow = defineWorkflow({
      steps: [{ name: 'talk' }, { name: 'late', when: [{ type: 'turn_count', atLeast: 2 }], tools: { allow: [] } }],
    });
    const agent = agentOf(({ offeredTools }) => ({ text: `I have ${offeredTools.length} tools.` }), { workflow });
    const route = routeOn(memoryStorage(), { agents: [agent] });
    const texts: unknown[] = [];
    for (const create of [true, false, false]) {
      const answer = await post(route, { id: 's', message: userMessage('hello'), ...(create && { create }) });
      texts.push([textOf(answer), stateOf(answer)]);
    }
    expect(texts).toMatchObject([
      ['I have 2 tools.', { activeStep: 'talk' }],
      ['I have 2 tools.', { activeStep: 'late' }],
      ['I have 0 tools.', { activeStep: 'late' }],
    ]);
  });

  it('is entered by the tokens that were used', async () => {
    const workflow = defineWorkflow({
      steps: [
        { name: 'talk' },
        { name: 'dear', when: [{ type: 'state', at: '/state/cumulativeTokenUsage/totalTokens', greaterThan: 1 }] },
      ],
    });
    const agent = agentOf(() => ({ text: 'Many words.' }), { workflow });
    const answer = await post(routeOn(memoryStorage(), { agents: [agent] }), { message: userMessage('hello') });
    expect(stateOf(answer)).toMatchObject({ activeStep: 'dear' });
  });
});

const names = ['ask', 'add', 'book', 'cancel'];
const name = fc.constantFrom(...names);
const patterns = fc.array(fc.constantFrom(...names, '*', 'a*', '*k'), { maxLength: 3 });
const anyWorkflow = fc
  .record({
    steps: fc.array(
      fc.record({
        tools: fc.record({ allow: patterns, deny: patterns }, { requiredKeys: [] }),
        sequence: fc.array(name, { maxLength: 2 }),
        used: name,
      }),
      { minLength: 1, maxLength: 4 },
    ),
    transitions: fc.constantFrom('none', 'model'),
  })
  .map(({ steps: drawn, transitions }) => {
    try {
      const each = drawn.map(({ used, ...rest }, index) => ({
        ...rest,
        name: `s${index}`,
        when: [{ type: 'tool_used' as const, tool: used, withinLast: 1 }],
      }));
      return defineWorkflow({ steps: each, transitions });
    } catch {
      return null;
    }
  })
  .filter((workflow) => workflow !== null);

describe('a tool', () => {
  const inputSchema = jsonSchema<object>({ type: 'object', properties: {} });
  const plain = Object.fromEntries(names.map((each) => [each, tool({ inputSchema, execute: () => each })]));
  const options: ToolExecutionOptions<never> = { toolCallId: 'c', messages: [], context: undefined as never };

  it('is carried out when its model step was offered it, and refused when not, in every workflow', async () => {
    const script = fc.array(fc.record({ called: name, goal: fc.nat(3) }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(anyWorkflow, script, async (workflow, modelSteps) => {
        const agent = agentOf(undefined, { workflow, tools: plain });
        const { sessions, turns } = roomOf(agent, { storage: memoryStorage() });
        await sessions.createSession({ sessionId: 's', agentId: agent.id, owner: 'me' });
        const begun = await turns.begin('s', { messageId: 'm', input: [], agentId: agent.id, owner: 'me' });
        if (begun.status !== 'started') throw new Error(begun.status);
        const progress = new TurnProgress(agent, begun.turn);
        const guards = { ...guardTools(plain, progress, silentLogger), ...transitionTool(workflow, progress) };
        for (const { called, goal } of modelSteps) {
          const { activeTools } = progress.beginModelStep();
          const call = async () => guards[called]?.execute?.({}, options);
          const outcome = await call().catch((error: unknown) => error);
          const isRefused = outcome instanceof ToolRefusal;
          expect([isRefused, outcome === called]).toEqual([
            !activeTools.includes(called),
            activeTools.includes(called),
          ]);
          await (async () => guards['go_to_step']?.execute?.({ step: `s${goal}` }, options))().catch(() => null);
        }
        await begun.turn.end();
      }),
      { numRuns: 60 },
    );
  });
});
