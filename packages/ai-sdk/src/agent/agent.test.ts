import { defineWorkflow } from '@stateroom/orchestration';
import { jsonSchema, tool } from 'ai';
import { describe, expect, it } from 'vitest';
import { type AgentOptions, defineAgent } from './agent.ts';
import { scriptedModel } from '../scripted-model.ts';

const inputSchema = jsonSchema<object>({ type: 'object', properties: {} });
const search = tool({ inputSchema, execute: () => 'found' });
const agent = (options: Partial<AgentOptions>) =>
  defineAgent({ id: 'desk', model: scriptedModel(), instructions: '', tools: { search }, ...options });

describe('defineAgent', () => {
  it.each<readonly [string, Partial<AgentOptions>, string]>([
    ['an id that is no path segment', { id: 'a/b' }, 'id'],
    ['a bound of no model steps', { maxModelSteps: 0 }, 'maxModelSteps'],
    ['a time to answer that is none', { pendingTtlMs: 0 }, 'pendingTtlMs'],
    [
      'an approval of a tool that it does not have',
      { toolApproval: { serach: 'user-approval' } },
      'toolApproval.serach',
    ],
    [
      'an approval of a tool that the client carries out',
      { tools: { ask: tool({ inputSchema }) }, toolApproval: { ask: 'user-approval' } },
      'toolApproval.ask',
    ],
    ['the same, as the tool says it', { tools: { ask: tool({ inputSchema, needsApproval: true }) } }, 'tools.ask'],
    [
      'a tool in a sequence that it does not have',
      { workflow: defineWorkflow({ steps: [{ name: 'a', sequence: ['serach'] }] }) },
      'workflow.steps[0].sequence[0]',
    ],
    [
      'a tool in a condition that it does not have',
      { workflow: defineWorkflow({ steps: [{ name: 'a', when: [{ type: 'tool_used', tool: 'serach' }] }] }) },
      'workflow.steps[0].when[0].tool',
    ],
    [
      'a tool in a condition within others that it does not have',
      {
        workflow: defineWorkflow({
          steps: [
            { name: 'a' },
            { name: 'b', when: [{ type: 'any', of: [{ type: 'sequence_match', tools: ['search', 'serach'] }] }] },
          ],
        }),
      },
      'workflow.steps[1].when[0].of[0].tools[1]',
    ],
    [
      'a tool in a list that it does not have',
      { workflow: defineWorkflow({ steps: [{ name: 'a', tools: { deny: ['s*', 'serach'] } }] }) },
      'workflow.steps[0].tools.deny[1]',
    ],
    [
      'a model that it does not have',
      { workflow: defineWorkflow({ steps: [{ name: 'a', model: 'toString' }] }), models: { fast: scriptedModel() } },
      'workflow.steps[0].model',
    ],
    [
      'a tool with the name of the one that goes to steps',
      {
        tools: { go_to_step: search },
        workflow: defineWorkflow({ steps: [{ name: 'a' }], transitions: 'model' }),
      },
      'tools.go_to_step',
    ],
  ])('refuses %s, with the path', (_what, options, path) => {
    expect(() => agent(options)).toThrow(expect.objectContaining({ code: 'INVALID', path }));
  });

  it('accepts patterns without knowing what they will match', () => {
    expect(agent({ workflow: defineWorkflow({ steps: [{ name: 'a', tools: { allow: ['read_*'] } }] }) }).id).toBe(
      'desk',
    );
  });
});
