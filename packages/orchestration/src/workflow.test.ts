import { describe, expect, it } from 'vitest';
import { defineWorkflow, parseWorkflow } from './workflow.ts';

const start = { name: 'start' };
const used = { type: 'tool_used', tool: 'x' };

/** A workflow whose second step has this condition. */
const on = (...when: unknown[]) => ({ steps: [start, { name: 'a', when }] });

describe('a workflow', () => {
  const bad: readonly (readonly [string, unknown, string])[] = [
    ['no object', null, 'workflow'],
    ['a list', [], 'workflow'],
    ['no steps', { steps: [] }, 'workflow.steps'],
    ['two steps of one name', { steps: [start, { ...start, when: [used] }] }, 'workflow.steps[1].name'],
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
      'a sequence its own step does not allow',
      { steps: [{ name: 'a', tools: { allow: [] }, sequence: ['y'] }] },
      'workflow.steps[0].sequence[0]',
    ],
    ['a pattern in a sequence', { steps: [{ name: 'a', sequence: ['read_*'] }] }, 'workflow.steps[0].sequence[0]'],
    ['a word misspelt', { steps: [{ name: 'a', tool: {} }] }, 'workflow.steps[0]'],
    ['transitions of a stranger', { steps: [start], transitions: 'user' }, 'workflow.transitions'],
    ['predicates that JSON cannot hold', { steps: [start], predicates: { a: 'b' } }, 'workflow.predicates.a'],
    ['an unknown condition', on({ type: 'moon_phase' }), 'workflow.steps[1].when[0].type'],
    [
      'an unknown condition within others',
      on({ type: 'all', of: [used, { type: 'x' }] }),
      'workflow.steps[1].when[0].of[1].type',
    ],
    ['a pattern in a condition', on({ type: 'tool_used', tool: '*' }), 'workflow.steps[1].when[0].tool'],
    ['any of nothing', on({ type: 'any', of: [] }), 'workflow.steps[1].when[0].of'],
    ['a comparison that compares nothing', on({ type: 'state', at: '/data/a' }), 'workflow.steps[1].when[0]'],
    ['no pointer', on({ type: 'state', at: 'data.a', equals: 1 }), 'workflow.steps[1].when[0].at'],
    ['half an escape', on({ type: 'state', at: '/data/~2', equals: 1 }), 'workflow.steps[1].when[0].at'],
    ['a pointer to neither state nor data', on({ type: 'state', at: '/a', equals: 1 }), 'workflow.steps[1].when[0].at'],
    [
      'a pointer to what the state does not show',
      on({ type: 'state', at: '/state/toolLog', exists: true }),
      'workflow.steps[1].when[0].at',
    ],
    [
      'a comparison that contradicts itself',
      on({ type: 'not', of: { type: 'state', at: '/data/a', greaterThan: 3, lessThan: 3 } }),
      'workflow.steps[1].when[0].of',
    ],
    [
      'a value that must not be there',
      on({ type: 'state', at: '/data/a', equals: 1, exists: false }),
      'workflow.steps[1].when[0]',
    ],
    [
      'a predicate that is not given',
      on({ type: 'any', of: [used, { type: 'custom', predicate: 'isRich' }] }),
      'workflow.steps[1].when[0].of[1].predicate',
    ],
    [
      'a condition on a tool that every step denies',
      {
        steps: [
          { name: 'a', tools: { deny: ['x'] } },
          { name: 'b', when: [used], tools: { deny: ['x'] } },
        ],
      },
      'workflow.steps[1].when[0].tool',
    ],
    [
      'a sequence with a tool that every step denies',
      {
        steps: [
          { name: 'a', tools: { deny: ['x'] } },
          { name: 'b', when: [{ type: 'sequence_match', tools: ['y', 'x'] }], tools: { deny: ['x'] } },
        ],
      },
      'workflow.steps[1].when[0].tools[1]',
    ],
    ['a condition that can only cease to be true', on({ type: 'not', of: used }), 'workflow.steps[1].when'],
    [
      'several that can',
      on({ type: 'not', of: { type: 'turn_count', atLeast: 3 } }, { type: 'any', of: [{ type: 'not', of: used }] }),
      'workflow.steps[1].when',
    ],
    ['a step that nothing leads to', { steps: [start, { name: 'a' }] }, 'workflow.steps[1]'],
    [
      'steps that lead to one another alone',
      { steps: [start, { name: 'a', to: ['b'] }, { name: 'b', to: ['a'] }], transitions: 'none' },
      'workflow.steps[1]',
    ],
    [
      'a step that the model is led past',
      { steps: [{ name: 'start', to: ['a'] }, { name: 'a', to: [] }, { name: 'b' }], transitions: 'model' },
      'workflow.steps[2]',
    ],
    ['a choice that is no step', { steps: [{ name: 'start', to: ['nowhere'] }] }, 'workflow.steps[0].to[0]'],
    ['a choice that is the step itself', { steps: [{ name: 'start', to: ['start'] }] }, 'workflow.steps[0].to[0]'],
  ];
  it.each(bad)('is refused with the path for %s', (_what, workflow, path) => {
    const parse = () => parseWorkflow(JSON.parse(JSON.stringify(workflow)));
    expect(parse).toThrow(expect.objectContaining({ code: 'INVALID', path, message: expect.stringContaining(path) }));
  });

  const good: readonly (readonly [string, unknown])[] = [
    ['a step that another names', { steps: [{ name: 'start', to: ['a'] }, { name: 'a', to: ['b'] }, { name: 'b' }] }],
    ['steps that the model may choose', { steps: [start, { name: 'a' }, { name: 'b' }], transitions: 'model' }],
    ['a condition that can come back', on({ type: 'not', of: { ...used, withinLast: 1 } })],
    [
      'a condition that can cease, beside one that can begin',
      on({ type: 'not', of: used }, { type: 'turn_count', atLeast: 1 }),
    ],
    ['a range', on({ type: 'state', at: '/data/a', greaterThan: 1, lessThan: 3, notEquals: 2 })],
    ['what the state shows', on({ type: 'state', at: '/state/activeStep', equals: 'start' }, used)],
  ];
  it.each(good)('may have %s', (_what, workflow) => {
    const parsed = parseWorkflow(JSON.parse(JSON.stringify(workflow)));
    expect(parseWorkflow(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  it('is the same from code and from JSON, with the predicates beside it', () => {
    const isRich = () => true;
    const json = on({ type: 'custom', predicate: 'isRich' });
    const steps = [start, { name: 'a', when: [{ type: 'custom', predicate: 'isRich' } as const] }];
    expect(parseWorkflow(json, { isRich })).toEqual(defineWorkflow({ steps, predicates: { isRich } }));
    expect(() => defineWorkflow({ steps })).toThrow('no predicate "isRich" is given');
  });
});
