import { describe, expect, it } from 'vitest';
import { addEffect } from './effects.ts';
import type { OrchestrationState } from './orchestration-state.ts';
import {
  activeInstructions,
  activeTools,
  afterEvent,
  afterTool,
  currentStep,
  enterStep,
  initialOrchestrationState,
  type WorkflowEvent,
} from './rules.ts';
import { defineWorkflow, type Workflow } from './workflow.ts';

const workflow = defineWorkflow({
  steps: [
    { name: 'research', tools: { allow: ['search', 'read_*'] } },
    {
      name: 'answer',
      when: [{ type: 'tool_used', tool: 'read_page' }],
      tools: { deny: ['search'] },
      sequence: ['outline', 'write'],
    },
    { name: 'review', when: [{ type: 'sequence_match', tools: ['outline', 'write'] }], tools: { allow: [] } },
  ],
});
const tools = ['search', 'read_page', 'outline', 'write', 'publish'];

function after(flow: Workflow | null, ...names: string[]): OrchestrationState {
  const start = initialOrchestrationState(flow, 's');
  return names.reduce((state, tool) => afterTool(flow, state, { tool, ok: true }), start);
}

/** A workflow that leaves `start` for `met` on one condition. */
function on(...when: NonNullable<Parameters<typeof defineWorkflow>[0]['steps'][number]['when']>): Workflow {
  return defineWorkflow({ steps: [{ name: 'start' }, { name: 'met', when }] });
}

describe('the active step', () => {
  it('begins at the default step, or the first', () => {
    expect(after(workflow).activeStep).toBe('research');
    const named = defineWorkflow({ steps: [{ name: 'a' }, { name: 'b', isDefault: true, to: ['a'] }] });
    expect(after(named).activeStep).toBe('b');
    expect(after(null).activeStep).toBe(null);
  });

  it('walks a workflow whose steps stand in the order of the work', () => {
    const walk = ['search', 'read_page', 'outline', 'write'];
    const steps = walk.map((_, index) => after(workflow, ...walk.slice(0, index + 1)).activeStep);
    expect(steps).toEqual(['research', 'answer', 'answer', 'review']);
  });

  it.each<readonly [readonly string[], readonly string[], string]>([
    [['a', 'b'], ['a', 'b'], 'met'],
    [['a', 'b'], ['b', 'a'], 'start'],
    [['a', 'b'], ['x', 'b', 'a', 'b'], 'met'],
    [['a', 'a'], ['a'], 'start'],
    [['a', 'a'], ['a', 'a'], 'met'],
  ])('by the sequence %j: after %j it is %s', (sequence, used, step) => {
    expect(after(on({ type: 'sequence_match', tools: [...sequence] }), ...used).activeStep).toBe(step);
  });

  it('is entered by any event that makes its conditions true, and says which', () => {
    const usage = { inputTokens: 6, outputTokens: 4, totalTokens: 10 };
    const flow = defineWorkflow({
      steps: [
        { name: 'start' },
        { name: 'used', when: [{ type: 'tool_used', tool: 'a' }] },
        { name: 'late', when: [{ type: 'turn_count', atLeast: 1 }] },
        { name: 'dear', when: [{ type: 'state', at: '/state/cumulativeTokenUsage/totalTokens', greaterThan: 9 }] },
        { name: 'paid', when: [{ type: 'state', at: '/data/isPaid', equals: true }] },
      ],
    });
    const start = { state: after(flow), data: { isPaid: false } };
    const entered = (event: WorkflowEvent) => {
      const { activeStep, stepCause } = afterEvent(flow, start, event);
      return [activeStep, stepCause];
    };
    expect(entered({ type: 'tool_called', call: { tool: 'a', ok: true } })).toEqual([
      'used',
      { event: 'tool_called', tool: 'a' },
    ]);
    expect(entered({ type: 'turn_ended' })).toEqual(['late', { event: 'turn_ended' }]);
    expect(entered({ type: 'tokens_used', usage })).toEqual(['dear', { event: 'tokens_used' }]);
    const paid = { ...start, data: { isPaid: true } };
    expect(entered({ type: 'changed', to: paid })).toEqual(['paid', { event: 'changed' }]);
    expect(afterEvent(flow, paid, { type: 'changed', to: paid }).activeStep).toBe('start');
    expect(start.state).toMatchObject({ activeStep: 'start', stepCause: null });
  });

  it('is the first of those that one call makes ready, and holds while nothing new becomes true', () => {
    const flow = defineWorkflow({
      steps: [
        { name: 'start' },
        { name: 'b', when: [{ type: 'tool_used', tool: 'x' }] },
        { name: 'c', when: [{ type: 'tool_used', tool: 'x' }] },
        { name: 'd', when: [{ type: 'tool_used', tool: 'y' }] },
      ],
    });
    expect(after(flow, 'x').activeStep).toBe('b');
    expect(after(flow, 'x', 'y').activeStep).toBe('d');
    expect(after(flow, 'x', 'y', 'x').activeStep).toBe('d');
    const recently = on({ type: 'tool_used', tool: 'x', withinLast: 1 });
    const elsewhere = enterStep(after(recently, 'x', 'y'), 'start');
    expect(afterTool(recently, elsewhere, { tool: 'x', ok: true }).activeStep).toBe('met');
  });

  it('is not moved by a call that failed', () => {
    const state = afterTool(workflow, after(workflow), { tool: 'read_page', ok: false });
    expect([state.activeStep, state.toolLog, state.toolCounts]).toEqual([
      'research',
      [{ tool: 'read_page', ok: false }],
      {},
    ]);
  });

  it('falls back to the default where a newer workflow knows it no more', () => {
    const flow = defineWorkflow({ steps: [{ name: 'start', sequence: ['a', 'b'] }] });
    const old = { ...after(flow), activeStep: 'gone', sequenceIndex: 5 };
    expect(currentStep(flow, old)?.name).toBe('start');
    expect(activeTools(flow, old, ['a', 'b'])).toEqual(['a']);
    expect(afterTool(flow, old, { tool: 'a', ok: true })).toMatchObject({ activeStep: 'start', sequenceIndex: 1 });
  });
});

describe('the active tools', () => {
  const offered = (flow: Workflow, state = after(flow)) => activeTools(flow, state, tools);
  const only = (step: Omit<Parameters<typeof defineWorkflow>[0]['steps'][number], 'name'>) =>
    offered(defineWorkflow({ steps: [{ name: 'only', ...step }] }));

  it('are allow minus deny, with * for any characters', () => {
    expect(only({})).toEqual(tools);
    expect(only({ tools: { allow: [] } })).toEqual([]);
    expect(only({ tools: { allow: ['search', 'write'], deny: ['write'] } })).toEqual(['search']);
    expect(only({ tools: { deny: ['search', 'read_*'] } })).toEqual(['outline', 'write', 'publish']);
    expect(only({ tools: { allow: ['*_page', 'p*l*h', 'wri*rite', '*'], deny: ['out*'] } })).toEqual([
      'search',
      'read_page',
      'write',
      'publish',
    ]);
    expect(only({ tools: { allow: ['wri*rite'] } })).toEqual([]);
    expect(activeTools(null, after(null), tools)).toEqual(tools);
  });

  it('are the next of a sequence alone, all of the step after the last, and none where the next is not there', () => {
    const state = after(workflow, 'read_page');
    expect(offered(workflow, state)).toEqual(['outline']);
    const flow = defineWorkflow({ steps: [{ name: 'only', sequence: ['outline', 'write'] }] });
    expect(offered(flow, after(flow, 'outline'))).toEqual(['write']);
    expect(offered(flow, after(flow, 'write'))).toEqual(['outline']);
    expect(offered(flow, after(flow, 'outline', 'write'))).toEqual(tools);
    expect(activeTools(flow, after(flow), ['write', 'search'])).toEqual([]);
  });

  it('begin a sequence anew when its step is entered again', () => {
    const state = after(workflow, 'read_page', 'outline');
    expect(state.sequenceIndex).toBe(1);
    expect(enterStep(enterStep(state, 'research'), 'answer').sequenceIndex).toBe(0);
    expect(enterStep(state, 'answer').sequenceIndex).toBe(1);
  });
});

describe('what is kept of tool calls and turns', () => {
  it('is the ten last tools once each, newest first, and a log of a hundred calls, oldest first', () => {
    expect(after(null, 'a', 'b', 'a').recentlyUsedTools).toEqual(['a', 'b']);
    const names = Array.from({ length: 120 }, (_, index) => `t${index}`);
    const state = after(null, ...names);
    expect(state.recentlyUsedTools).toEqual(names.slice(-10).toReversed());
    expect(state.toolLog.map(({ tool }) => tool)).toEqual(names.slice(-100));
    expect(Object.keys(state.toolCounts)).toHaveLength(120);
  });

  it('keeps successful calls in sight of the conditions, however many fail', () => {
    const flow = on({ type: 'sequence_match', tools: ['a', 'b'] });
    let state = after(flow, 'a');
    for (let times = 0; times < 200; times++) state = afterTool(flow, state, { tool: 'x', ok: false });
    expect(state.toolLog).toHaveLength(100);
    expect(afterTool(flow, state, { tool: 'b', ok: true }).activeStep).toBe('met');
  });

  it('adds up turns and tokens, and leaves what it was given as it was', () => {
    const state = Object.freeze(after(null));
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
    const events = [
      { type: 'turn_ended' },
      { type: 'tokens_used', usage },
      { type: 'turn_ended' },
      { type: 'tokens_used', usage: { ...usage, cachedInputTokens: 4, reasoningTokens: 3 } },
    ] as const;
    const twice = events.reduce<OrchestrationState>(
      (before, event) => afterEvent(null, { state: before }, event),
      state,
    );
    expect([twice.turnCount, twice.cumulativeTokenUsage]).toEqual([
      2,
      { inputTokens: 20, outputTokens: 10, totalTokens: 30, cachedInputTokens: 4, reasoningTokens: 3 },
    ]);
  });

  it('counts a tool of any name', () => {
    expect(after(null, '__proto__', 'toString', '__proto__').recentlyUsedTools).toEqual(['__proto__', 'toString']);
    expect(Object.entries(after(null, 'toString', '__proto__', 'toString').toolCounts)).toEqual([
      ['toString', 2],
      ['__proto__', 1],
    ]);
  });
});

describe('effects on what is offered', () => {
  const flow = defineWorkflow({
    steps: [
      {
        name: 'watch',
        tools: { allow: ['look', 'list_*'], deny: ['list_secret', 'burn'] },
        instructions: 'Keep watch.',
        to: ['work'],
      },
      { name: 'work', sequence: ['saw', 'nail'] },
    ],
  });
  const named = ['look', 'list_all', 'list_secret', 'burn', 'dig', 'saw', 'nail'];
  const withEffects = (activeStep: string, ...effects: readonly (readonly [string, string])[]) => {
    const start = { ...initialOrchestrationState(flow, 's'), activeStep };
    return effects.reduce(
      (state, [kind, value]) => addEffect(state, { id: `${kind}:${value}`, kind, value, turnsLeft: 2 }),
      start,
    );
  };

  it.each<readonly [string, string, readonly (readonly [string, string])[], readonly string[]]>([
    ['nothing without one', 'watch', [], ['look', 'list_all']],
    ['a tool is granted beside those of the step', 'watch', [['tool', 'dig']], ['look', 'list_all', 'dig']],
    ['a tool that the agent does not have is not offered', 'watch', [['tool', 'fly']], ['look', 'list_all']],
    ['what the step denies is not granted', 'watch', [['tool', 'burn']], ['look', 'list_all']],
    [
      'what a pattern allows and a name denies is not granted',
      'watch',
      [['tool', 'list_secret']],
      ['look', 'list_all'],
    ],
    ['a tool that cools down is not offered', 'watch', [['cooldown', 'look']], ['list_all']],
    [
      'a cooldown is stronger than a grant',
      'watch',
      [
        ['tool', 'dig'],
        ['cooldown', 'dig'],
      ],
      ['look', 'list_all'],
    ],
    ['a tool is granted beside the next of a sequence', 'work', [['tool', 'nail']], ['saw', 'nail']],
    ['a sequence waits for its tool that cools down', 'work', [['cooldown', 'saw']], []],
    ['a kind of the application offers nothing', 'watch', [['boost', 'dig']], ['look', 'list_all']],
  ])('%s', (_name, step, effects, offered) => {
    expect(activeTools(flow, withEffects(step, ...effects), named)).toEqual(offered);
  });

  it('without a workflow everything is offered but what cools down', () => {
    const state = withEffects('', ['cooldown', 'dig'], ['tool', 'saw']);
    expect(activeTools(null, state, named)).toEqual(named.filter((name) => name !== 'dig'));
  });

  it('instructions are added behind those of the step, the newest last', () => {
    const state = withEffects('watch', ['instructions', 'Whisper.'], ['boost', 'x'], ['instructions', 'Be quick.']);
    expect(activeInstructions(flow, state)).toEqual(['Keep watch.', 'Whisper.', 'Be quick.']);
    expect(activeInstructions(null, state)).toEqual(['Whisper.', 'Be quick.']);
    expect(activeInstructions(flow, withEffects('work'))).toEqual([]);
  });

  it('a granted tool that stands later in the sequence is no progress of it', () => {
    const used = afterTool(flow, withEffects('work', ['tool', 'nail']), { tool: 'nail', ok: true });
    expect([used.sequenceIndex, activeTools(flow, used, named)]).toEqual([0, ['saw', 'nail']]);
  });

  it('the end of a turn takes one turn off each', () => {
    const state = withEffects('watch', ['tool', 'dig']);
    const end = (before: OrchestrationState) => afterEvent(flow, { state: before }, { type: 'turn_ended' });
    expect(end(state)).toMatchObject({ turnCount: 1, effects: [{ turnsLeft: 1 }] });
    expect(end(end(state))).toMatchObject({ turnCount: 2, effects: [] });
  });
});
