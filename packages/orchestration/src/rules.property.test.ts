import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addEffect, effectsOf } from './effects.ts';
import { OrchestrationState } from './orchestration-state.ts';
import { activeTools, afterEvent, currentStep, enterStep, initialOrchestrationState, nextInSequence } from './rules.ts';
import { defineWorkflow, type Workflow } from './workflow.ts';
import type { Condition } from './workflow/condition.ts';
import { explain } from './workflow/explain.ts';
import { conditionsHold } from './workflow/holds.ts';
import type { Situation } from './workflow/situation.ts';
import { toMermaid } from './workflow/mermaid.ts';
import { isDenied, permits } from './workflow/tool-pattern.ts';
import { goToStep, goToStepTool, refusalToGo, stepsToGoTo } from './workflow/transitions.ts';

const tools = ['ask', 'add', 'book', 'cancel'];
const stepNames = ['s0', 's1', 's2', 's3'];
const tool = fc.constantFrom(...tools);

const condition: fc.Arbitrary<Condition> = fc.letrec<{ one: Condition; nested: Condition }>((tie) => ({
  one: fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.constant('tool_used' as const), tool }),
    fc.record({ type: fc.constant('tool_used' as const), tool, withinLast: fc.integer({ min: 1, max: 3 }) }),
    fc.record({
      type: fc.constant('sequence_match' as const),
      tools: fc.array(tool, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ type: fc.constant('turn_count' as const), atLeast: fc.integer({ min: 1, max: 3 }) }),
    fc.record({
      type: fc.constant('state' as const),
      at: fc.constant('/data/total'),
      greaterThan: fc.integer({ min: 0, max: 3 }),
    }),
    fc.constant({ type: 'custom' as const, predicate: 'isEven' }),
    tie('nested'),
  ),
  nested: fc.oneof(
    fc.record({ type: fc.constant('not' as const), of: tie('one') }),
    fc.record({
      type: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('one'), { minLength: 1, maxLength: 2 }),
    }),
  ),
})).one;

const patterns = fc.array(fc.constantFrom(...tools, '*', 'a*', '*o*', '*k'), { maxLength: 3 });
const lists = fc.record({ allow: patterns, deny: patterns }, { requiredKeys: [] });

const step = fc.record(
  {
    when: fc.array(condition, { maxLength: 2 }),
    tools: lists,
    sequence: fc.array(tool, { maxLength: 3 }),
    to: fc.array(fc.constantFrom(...stepNames), { maxLength: 2 }),
  },
  { requiredKeys: ['when', 'tools', 'sequence'] },
);

/** Workflows as people write them: what would be refused at once is no part of them. */
const workflow = fc
  .record({ steps: fc.array(step, { minLength: 1, maxLength: 4 }), transitions: fc.constantFrom('none', 'model') })
  .map(({ steps, transitions }) => {
    const named = steps.map(({ to, sequence, ...rest }, index) => ({
      ...rest,
      name: `s${index}`,
      sequence: sequence.filter((name) => permits(rest, name)),
      ...(to && { to: to.filter((name) => name !== `s${index}` && stepNames.indexOf(name) < steps.length) }),
    }));
    try {
      return defineWorkflow({ steps: named, transitions, predicates: { isEven } });
    } catch {
      return null;
    }
  })
  .filter((defined) => defined !== null);

function isEven({ data }: Situation): boolean {
  return typeof data === 'object' && data !== null && 'total' in data && Number(data.total) % 2 === 0;
}

const effect = fc.record({
  type: fc.constant('effect' as const),
  kind: fc.constantFrom('tool', 'cooldown'),
  tool,
  turnsLeft: fc.integer({ min: 1, max: 3 }),
});
const happening = fc.oneof(
  fc.record({ type: fc.constant('tool_called' as const), call: fc.record({ tool, ok: fc.boolean() }) }),
  fc.constant({ type: 'turn_ended' as const }),
  fc.record({ type: fc.constant('total' as const), total: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ type: fc.constantFrom('choice' as const, 'order' as const), step: fc.constantFrom(...stepNames) }),
);
type Happening = typeof happening | typeof effect extends fc.Arbitrary<infer T> ? T : never;

/** What comes of something that happens: the model chooses a step only where it may. */
function after(flow: Workflow, before: Situation, what: Happening): Situation {
  const { state, data } = before;
  switch (what.type) {
    case 'tool_called':
    case 'turn_ended':
      return { state: afterEvent(flow, before, what), data };
    case 'total': {
      const to = { state, data: { total: what.total } };
      return { ...to, state: afterEvent(flow, before, { type: 'changed', to }) };
    }
    case 'effect': {
      const { kind, tool: value, turnsLeft } = what;
      return { state: addEffect(state, { id: `${kind} ${value}`, kind, value, turnsLeft }), data };
    }
    case 'choice':
      return { state: refusalToGo(flow, before, what.step) === null ? goToStep(state, what.step) : state, data };
    case 'order':
      return { state: flow.steps.some(({ name }) => name === what.step) ? enterStep(state, what.step) : state, data };
  }
}

/** Every situation on the way through a workflow. */
function walk(flow: Workflow, happenings: readonly Happening[]): Situation[] {
  const start = { state: initialOrchestrationState(flow, 's'), data: { total: 1 } };
  return happenings.reduce<Situation[]>((way, what) => [...way, after(flow, way.at(-1) ?? start, what)], [start]);
}

/** What is no event. */
const choosing: readonly string[] = ['choice', 'order', 'effect'];

const walks = [workflow, fc.array(fc.oneof(happening, effect), { maxLength: 12 })] as const;

describe('wherever a session comes to', () => {
  it('no tool is offered that its step denies, or that cools down, nor one that neither step nor effect allows', () => {
    fc.assert(
      fc.property(...walks, (flow, happenings) => {
        for (const { state } of walk(flow, happenings)) {
          const active = currentStep(flow, state);
          const next = nextInSequence(flow, state);
          const namedBy = (kind: string) => effectsOf(state, kind).map(({ value }) => value);
          for (const name of activeTools(flow, state, tools)) {
            const isOfStep = active !== null && permits(active, name) && (next === undefined || next === name);
            expect(active && isDenied(active.tools, name)).toBe(false);
            expect(isOfStep || namedBy('tool').includes(name)).toBe(true);
            expect(namedBy('cooldown')).not.toContain(name);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('the model may go to the steps it is offered, and to no other', () => {
    fc.assert(
      fc.property(...walks, (flow, happenings) => {
        for (const situation of walk(flow, happenings)) {
          const offered = stepsToGoTo(flow, situation);
          const free = flow.steps.filter(({ name }) => refusalToGo(flow, situation, name) === null);
          expect(free).toEqual(offered);
          for (const choice of offered) expect(conditionsHold(flow, choice, situation)).toBe(true);
          expect(offered).toEqual(flow.transitions === 'model' ? offered : []);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('explain says of every tool what the rules do', () => {
    fc.assert(
      fc.property(...walks, (flow, happenings) => {
        for (const situation of walk(flow, happenings)) {
          const offered = explain(flow, situation, tools).tools.filter(({ isOffered }) => isOffered);
          const transition = stepsToGoTo(flow, situation).length > 0 ? [goToStepTool] : [];
          expect(offered.map(({ name }) => name)).toEqual([
            ...activeTools(flow, situation.state, tools),
            ...transition,
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('an event enters the first step whose conditions it has made true, or none', () => {
    fc.assert(
      fc.property(...walks, (flow, happenings) => {
        const situations = walk(flow, happenings);
        for (const [index, what] of happenings.entries()) {
          const [before, now] = [situations[index], situations[index + 1]];
          if (before === undefined || now === undefined || choosing.includes(what.type)) continue;
          expect(OrchestrationState.parse(now.state)).toEqual(now.state);
          // The conditions here do not look at the active step, so they are the same with the one before.
          const made = flow.steps.find(
            (one) => one.when.length > 0 && !conditionsHold(flow, one, before) && conditionsHold(flow, one, now),
          );
          expect(now.state.activeStep).toBe(made?.name ?? before.state.activeStep);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('an arrow of the drawing led there, as long as tools are called where they are offered', () => {
    fc.assert(
      fc.property(workflow, fc.array(happening, { minLength: 4, maxLength: 20 }), (flow, happenings) => {
        const drawing = toMermaid(flow);
        let before: Situation = { state: initialOrchestrationState(flow, 's'), data: { total: 1 } };
        for (const what of happenings) {
          const now = after(flow, before, offeredInstead(flow, before, what));
          const [from, to] = [before.state.activeStep, now.state.activeStep];
          const arrow = what.type === 'choice' ? '-\\.->' : '-->';
          const isDrawn = new RegExp(`^ +${from} ${arrow}\\|.*\\| ${to}$`, 'm').test(drawing);
          expect(from === to || what.type === 'order' || isDrawn).toBe(true);
          before = now;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** A tool that is not offered gives way to one that is; where there is none, the turn ends. */
function offeredInstead(flow: Workflow, { state }: Situation, what: Happening): Happening {
  if (what.type !== 'tool_called') return what;
  const offered = activeTools(flow, state, tools);
  const name = offered[tools.indexOf(what.call.tool) % offered.length];
  return name === undefined ? { type: 'turn_ended' } : { ...what, call: { ...what.call, tool: name } };
}
