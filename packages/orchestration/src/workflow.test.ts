import { describe, expect, it } from 'vitest';
import { defineWorkflow } from './workflow.ts';

describe('defineWorkflow', () => {
  const bad: readonly (readonly [string, unknown, string])[] = [
    ['no steps', { steps: [] }, 'workflow.steps'],
    ['two steps of one name', { steps: [{ name: 'a' }, { name: 'a' }] }, 'workflow.steps[1].name'],
    [
      'two defaults',
      {
        steps: [
          { name: 'a', isDefault: true },
          { name: 'b', isDefault: true },
        ],
      },
      'workflow.steps[1].isDefault',
    ],
    [
      'a sequence its own step denies',
      { steps: [{ name: 'a', tools: { deny: ['x*'] }, sequence: ['y', 'xy'] }] },
      'workflow.steps[0].sequence[1]',
    ],
    [
      'an unknown condition',
      { steps: [{ name: 'a', when: [{ type: 'moon_phase' }] }] },
      'workflow.steps[0].when[0].type',
    ],
    ['a pattern in a sequence', { steps: [{ name: 'a', sequence: ['read_*'] }] }, 'workflow.steps[0].sequence[0]'],
    [
      'a pattern in a condition',
      { steps: [{ name: 'a', when: [{ type: 'tool_used', tool: '*' }] }] },
      'workflow.steps[0].when[0].tool',
    ],
    ['a word misspelt', { steps: [{ name: 'a', tool: {} }] }, 'workflow.steps[0]'],
  ];
  it.each(bad)('refuses %s, with the path', (_what, workflow, path) => {
    const define = () => defineWorkflow(JSON.parse(JSON.stringify(workflow)));
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID', path }));
  });
});
