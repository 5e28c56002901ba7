import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import { activeTools, afterTool, currentStep, initialOrchestrationState } from '@stateroom/orchestration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgents } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-docs-'));
const docsFolder = join(folder, 'docs');

beforeAll(() => {
  mkdirSync(join(docsFolder, 'guides'), { recursive: true });
  mkdirSync(join(docsFolder, 'node_modules', 'other'), { recursive: true });
  writeFileSync(join(folder, 'secret.md'), '# Secret\nOutside of the folder.');
  writeFileSync(join(docsFolder, 'README.md'), '# Start\nHow to begin.');
  writeFileSync(
    join(docsFolder, 'guides', 'leases.md'),
    '# Leases\nIntro.\n## Renewal\nA lease is renewed by its holder.',
  );
  writeFileSync(join(docsFolder, 'node_modules', 'other', 'README.md'), '# Leases elsewhere\nleases leases');
  symlinkSync(join(folder, 'secret.md'), join(docsFolder, 'link.md'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const agents = createAgents({ model: scriptedModel(), docsFolder });

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
    [
      'research',
      ['search_docs', 'read_page', 'outline', 'write_brief', 'read_page'],
      ['research', 'answer', 'answer', 'answer', 'answer'],
    ],
    ['research', ['search_docs', 'write_brief'], ['research', 'write_brief is not offered']],
    ['research', ['read_page', 'write_brief'], ['answer', 'write_brief is not offered']],
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

describe('the tools of the research desk', () => {
  it('search the sections of the folder alone', async () => {
    expect(await call('research', 'search_docs', { query: 'Who renews leases?' })).toEqual({
      pagesSearched: 2,
      matches: [
        { page: 'guides/leases.md', heading: 'Renewal', excerpt: 'A lease is renewed by its holder.' },
        { page: 'guides/leases.md', heading: 'Leases', excerpt: 'Intro.' },
      ],
    });
  });

  it.each([
    ['guides/leases.md', 'guides/leases.md'],
    ['How is a lease renewed?', 'guides/leases.md'],
    ['begin', 'README.md'],
  ])('read the page for %j', async (page, name) => {
    expect(await call('research', 'read_page', { page })).toMatchObject({ page: name, isCut: false });
  });

  it.each([
    '../secret.md',
    'guides/../../secret.md',
    '..\\secret.md',
    join(folder, 'secret.md'),
    'link.md',
    'node_modules/other/README.md',
    '%2e%2e/secret.md',
    'README.md\u0000',
    'nothing like it',
  ])('refuse to read %j', async (page) => {
    await expect(call('research', 'read_page', { page })).rejects.toThrow('There are: README.md, guides/leases.md.');
  });

  it('have no pages where there is no folder', async () => {
    const [research] = createAgents({ model: scriptedModel(), docsFolder: join(folder, 'nowhere') });
    const read = research?.agent.tools['read_page']?.execute;
    await expect(
      read?.({ page: 'README.md' }, { toolCallId: 'call', messages: [], context: undefined }),
    ).rejects.toThrow('no pages');
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
