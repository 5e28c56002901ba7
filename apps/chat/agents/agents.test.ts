import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import { activeTools, afterTool, currentStep, initialOrchestrationState } from '@stateroom/orchestration';
import { describe, expect, it } from 'vitest';
import { createAgents } from './index.ts';

const agents = createAgents({ model: scriptedModel(), docsFolder: 'docs' });

function agentOf(id: string) {
  const profile = agents.find(({ agent }) => agent.id === id);
  if (profile === undefined) throw new Error(`no agent ${id}`);
  return profile;
}

/** Calls a tool as the AI SDK does: its input first goes through its schema, which fills in the defaults. */
async function call(agentId: string, name: string, input: Record<string, unknown>): Promise<unknown> {
  const tool = agentOf(agentId).agent.tools[name];
  if (tool?.execute === undefined) throw new Error(`no tool ${name}`);
  const schema = tool.inputSchema;
  if (!('parse' in schema) || typeof schema.parse !== 'function') throw new Error('not a zod schema');
  return tool.execute(schema.parse(input), { toolCallId: 'call', messages: [], context: undefined });
}

/** The steps that a session is in after each of the calls. */
function walk(agentId: string, tools: readonly string[]): (string | undefined)[] {
  const { workflow } = agentOf(agentId).agent;
  let state = initialOrchestrationState(workflow, 'session');
  return tools.map((tool) => {
    const offered = activeTools(workflow, state, Object.keys(agentOf(agentId).agent.tools));
    if (!offered.includes(tool)) return `${tool} is not offered`;
    state = afterTool(workflow, state, { tool, ok: true });
    return currentStep(workflow, state)?.name;
  });
}

describe('the agents', () => {
  it('are three, each with a card that shows its workflow', () => {
    expect(agents.map(({ agent }) => agent.id)).toEqual(['research', 'support', 'game']);
    for (const { agent, card } of agents) {
      expect(card.id).toBe(agent.id);
      expect(card.steps.map(({ name }) => name)).toEqual(agent.workflow?.steps.map(({ name }) => name));
      expect(card.defaultStep).toBe(card.steps[0]?.name);
      expect(card.steps.flatMap(({ tools }) => tools)).toEqual(expect.arrayContaining(Object.keys(agent.tools)));
      expect(structuredClone(card)).toEqual(card);
    }
  });

  it.each([
    ['support', ['refund'], ['refund is not offered']],
    [
      'support',
      ['search_policy', 'lookup_order', 'search_policy', 'refund'],
      ['triage', 'triage', 'resolve', 'refunded'],
    ],
    [
      'support',
      ['lookup_order', 'search_policy', 'replace', 'refund'],
      ['triage', 'resolve', 'replaced', 'refund is not offered'],
    ],
    [
      'support',
      ['lookup_order', 'search_policy', 'refund', 'lookup_order', 'search_policy', 'refund'],
      ['triage', 'resolve', 'refunded', 'refunded', 'resolve', 'refunded'],
    ],
  ])('%s walks its steps by %j', (id, tools, steps) => {
    expect(walk(id, tools)).toEqual(steps);
  });
});

describe('the tools of the support desk', () => {
  it.each([
    ['lookup_order', { order: 'my lamp, order sr 1042, broke' }, { order: 'SR-1042', item: 'Brass cabin lamp' }],
    ['search_policy', { topic: 'it came damaged' }, { policies: [{ title: 'Refunds' }, { title: 'Replacements' }] }],
    ['refund', { order: 'SR-1042' }, { receipt: 'RF-1042', amountEuros: 89 }],
    ['replace', { order: 'SR-1061', reason: 'faulty' }, { parcel: 'RP-1061', reason: 'faulty' }],
  ])('%s', async (tool, input, output) => {
    expect(await call('support', tool, input)).toMatchObject(output);
  });

  it.each([
    ['lookup_order', 'hello', 'order number is missing'],
    ['lookup_order', 'SR-9999', 'There is no order SR-9999'],
    ['refund', 'SR-1057', 'not delivered yet'],
    ['refund', 'SR-1061', '47 days ago'],
    ['replace', 'SR-1078', 'out of stock'],
  ])('%s refuses %s', async (tool, order, words) => {
    await expect(async () => call('support', tool, { order })).rejects.toThrow(words);
  });
});
