import { describe, expect, it } from 'vitest';
import type { OrchestrationState } from '../orchestration-state.ts';
import { afterEvent, afterTool, initialOrchestrationState } from '../rules.ts';
import type { Condition } from './condition.ts';
import { conditionsHold, holds } from './holds.ts';
import { Step } from './step.ts';

/** After calls of these tools; one with a `!` failed. */
function used(...names: string[]): OrchestrationState {
  return names.reduce(
    (state, name) => afterTool(null, state, { tool: name.replace('!', ''), ok: !name.endsWith('!') }),
    initialOrchestrationState(null, 's'),
  );
}

function turns(count: number): OrchestrationState {
  return Array.from({ length: count }).reduce<OrchestrationState>(
    (state) => afterEvent(null, { state }, { type: 'turn_ended' }),
    used(),
  );
}

const a = { type: 'tool_used', tool: 'a' } as const;
const b = { type: 'tool_used', tool: 'b' } as const;
const lastOf = (tool: string, withinLast: number) => ({ type: 'tool_used', tool, withinLast }) as const;
const sequence = (...tools: string[]) => ({ type: 'sequence_match', tools }) as const;

describe('a condition on tools and turns', () => {
  const cases: readonly (readonly [Condition, OrchestrationState, boolean])[] = [
    [a, used(), false],
    [a, used('a'), true],
    [a, used('b'), false],
    [a, used('a!'), false],
    [a, used('a', ...Array.from({ length: 200 }, (_, index) => `t${index}`)), true],
    [lastOf('a', 1), used('a'), true],
    [lastOf('a', 1), used('a', 'b'), false],
    [lastOf('a', 1), used('a', 'b!'), true],
    [lastOf('a', 2), used('a', 'b'), true],
    [lastOf('a', 2), used('a', 'b', 'b'), false],
    [lastOf('a', 100), used('a', ...Array.from({ length: 99 }, () => 'b')), true],
    [lastOf('a', 100), used('a', ...Array.from({ length: 100 }, () => 'b')), false],
    [sequence('a', 'b'), used('a', 'b'), true],
    [sequence('a', 'b'), used('b', 'a'), false],
    [sequence('a', 'b'), used('b'), false],
    [sequence('a', 'b'), used('a', 'x', 'b'), false],
    [sequence('a', 'b'), used('a', 'x!', 'b'), true],
    [sequence('a', 'b'), used('a', 'b!'), false],
    [sequence('a', 'b'), used('x', 'b', 'a', 'b'), true],
    [sequence('a', 'b'), used('a', 'b', 'x'), false],
    [sequence('a', 'a'), used('a'), false],
    [sequence('a', 'a'), used('a', 'a'), true],
    [sequence('a', 'b', 'a'), used('a', 'b', 'a'), true],
    [{ type: 'turn_count', atLeast: 2 }, turns(1), false],
    [{ type: 'turn_count', atLeast: 2 }, turns(2), true],
    [{ type: 'turn_count', atLeast: 2 }, turns(3), true],
    [{ type: 'all', of: [a, b] }, used('a'), false],
    [{ type: 'all', of: [a, b] }, used('b', 'a'), true],
    [{ type: 'any', of: [a, b] }, used('b'), true],
    [{ type: 'any', of: [a, b] }, used('c'), false],
    [{ type: 'not', of: a }, used('b'), true],
    [{ type: 'not', of: a }, used('a'), false],
    [{ type: 'not', of: { type: 'any', of: [a, { type: 'all', of: [b, { type: 'not', of: a }] }] } }, used('b'), false],
    [{ type: 'not', of: { type: 'any', of: [a, { type: 'all', of: [b, { type: 'not', of: a }] }] } }, used('c'), true],
  ];
  it.each(cases)('%#: %j', (condition, state, expected) => {
    expect(holds(condition, { state }, {})).toBe(expected);
  });
});

describe('a condition on the state and the data', () => {
  const state = { ...turns(3), activeStep: 'work' };
  const data = { total: 100, note: 'hi', none: null, isPaid: true, 'a/b': [1], list: ['x'] };
  const cases: readonly (readonly [Omit<Extract<Condition, { type: 'state' }>, 'type'>, boolean])[] = [
    [{ at: '/state/turnCount', equals: 3 }, true],
    [{ at: '/state/activeStep', equals: 'work' }, true],
    [{ at: '/state/toolCounts', exists: true }, false],
    [{ at: '/data/total', equals: 100 }, true],
    [{ at: '/data/total', equals: '100' }, false],
    [{ at: '/data/none', equals: null }, true],
    [{ at: '/data/gone', equals: null }, false],
    [{ at: '/data/isPaid', notEquals: true }, false],
    [{ at: '/data/isPaid', notEquals: false }, true],
    [{ at: '/data/gone', notEquals: 1 }, true],
    [{ at: '/data/total', greaterThan: 99 }, true],
    [{ at: '/data/total', greaterThan: 100 }, false],
    [{ at: '/data/total', lessThan: 101 }, true],
    [{ at: '/data/total', lessThan: 100 }, false],
    [{ at: '/data/total', greaterThan: 100, lessThan: 200 }, false],
    [{ at: '/data/total', greaterThan: 50, lessThan: 200 }, true],
    [{ at: '/data/note', greaterThan: 0 }, false],
    [{ at: '/data/gone', lessThan: 1 }, false],
    [{ at: '/data/none', lessThan: 1 }, false],
    [{ at: '/data/none', exists: true }, true],
    [{ at: '/data/gone', exists: true }, false],
    [{ at: '/data/gone', exists: false }, true],
    [{ at: '/data/a~1b/0', equals: 1 }, true],
    [{ at: '/data/list/length', exists: true }, false],
    [{ at: '/data/toString', exists: true }, false],
  ];
  it.each(cases)('%j', (compare, expected) => {
    expect(holds({ type: 'state', ...compare }, { state, data }, {})).toBe(expected);
  });

  it('finds nothing where there is no data', () => {
    expect(holds({ type: 'state', at: '/data/total', exists: false }, { state }, {})).toBe(true);
    expect(holds({ type: 'state', at: '/data', exists: false }, { state }, {})).toBe(true);
  });
});

describe('a condition in code', () => {
  const custom = (predicate: string) => ({ type: 'custom', predicate }) as const;

  it('is shown the situation, and true alone is true', () => {
    const predicates = {
      isRich: ({ data }: { data?: unknown }) => data === 'gold',
      // What the types forbid: an answer that is still to come.
      isSlow: (async () => true) as unknown as () => boolean,
    };
    expect(holds(custom('isRich'), { state: used(), data: 'gold' }, predicates)).toBe(true);
    expect(holds(custom('isRich'), { state: used(), data: 'lead' }, predicates)).toBe(false);
    expect(holds(custom('isSlow'), { state: used() }, predicates)).toBe(false);
    expect(holds(custom('toString'), { state: used() }, {})).toBe(false);
  });

  it('that throws keeps its step shut, whatever stands around it', () => {
    const predicates = {
      isBroken: () => {
        throw new Error('no data');
      },
    };
    const ready = (...when: Condition[]) =>
      conditionsHold({ predicates }, Step.parse({ name: 'a', when }), { state: used('a') });
    expect(ready(a)).toBe(true);
    expect(ready(a, custom('isBroken'))).toBe(false);
    expect(ready({ type: 'not', of: custom('isBroken') })).toBe(false);
    expect(ready({ type: 'any', of: [custom('isBroken'), a] })).toBe(false);
  });
});
