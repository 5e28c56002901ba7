import { describe, expect, it } from 'vitest';
import { afterTool, enterStep, initialOrchestrationState } from '../rules.ts';
import { defineWorkflow } from '../workflow.ts';
import { goToStep, refusalToGo, stepsToGoTo } from './transitions.ts';

const steps = [
  { name: 'talk', sequence: ['greet', 'ask'] },
  { name: 'plan' },
  { name: 'pay', when: [{ type: 'tool_used', tool: 'quote' } as const], to: ['talk'] },
  { name: 'closed', to: [] },
];
const workflow = defineWorkflow({ steps, transitions: 'model' });
const talking = initialOrchestrationState(workflow, 's');
const quoted = afterTool(workflow, talking, { tool: 'quote', ok: true });

describe('the steps that the model may go to', () => {
  const names = (state: typeof talking, flow: typeof workflow | null = workflow) =>
    stepsToGoTo(flow, { state }).map(({ name }) => name);

  it('are all others without a list, those of the list with one, and a step with conditions while they hold', () => {
    expect(names(talking)).toEqual(['plan', 'closed']);
    expect(quoted.activeStep).toBe('pay');
    expect(names(quoted)).toEqual(['talk']);
    expect(names(goToStep(quoted, 'talk'))).toEqual(['plan', 'pay', 'closed']);
    expect(names(enterStep(talking, 'closed'))).toEqual([]);
  });

  it("are none where transitions are not the model's", () => {
    expect(names(talking, null)).toEqual([]);
    const closed = defineWorkflow({ steps: [{ name: 'talk', to: ['plan'] }, { name: 'plan' }] });
    expect(names(talking, closed)).toEqual([]);
  });

  it('are those of the default step where a newer workflow knows the active one no more', () => {
    expect(names({ ...talking, activeStep: 'gone' })).toEqual(['plan', 'closed']);
  });
});

describe('going to a step', () => {
  it('begins its sequence, and says who chose it', () => {
    const planning = { ...goToStep(talking, 'plan'), sequenceIndex: 1 };
    expect(goToStep(planning, 'talk')).toMatchObject({
      activeStep: 'talk',
      sequenceIndex: 0,
      stepCause: { event: 'model' },
    });
  });

  it.each([
    ['pay', talking, 'Step "pay" cannot be gone to from step "talk". Allowed now: plan, closed.'],
    ['talk', talking, 'Step "talk" cannot be gone to from step "talk". Allowed now: plan, closed.'],
    ['nowhere', talking, 'Step "nowhere" cannot be gone to from step "talk". Allowed now: plan, closed.'],
    ['talk', enterStep(talking, 'closed'), 'Step "talk" cannot be gone to from step "closed". Allowed now: no step.'],
    ['plan', talking, null],
    ['pay', goToStep(quoted, 'talk'), null],
  ])('%s is refused, and says where one may go, unless it is offered', (goal, state, refusal) => {
    expect(refusalToGo(workflow, { state }, goal)).toBe(refusal);
  });

  it('leaves a condition on the step that one comes from', () => {
    const gated = defineWorkflow({
      steps: [
        { name: 'a' },
        { name: 'b' },
        {
          name: 'c',
          when: [
            { type: 'tool_used', tool: 'x', withinLast: 1 },
            { type: 'state', at: '/state/activeStep', equals: 'b' },
          ],
        },
      ],
      transitions: 'model',
    });
    const used = afterTool(gated, initialOrchestrationState(gated, 's'), { tool: 'x', ok: true });
    expect(used.activeStep).toBe('a');
    // Going to b makes the conditions of c true, but entering a step is no event.
    expect(goToStep(used, 'b').activeStep).toBe('b');
    const elsewhere = afterTool(gated, goToStep(used, 'b'), { tool: 'y', ok: true });
    expect(afterTool(gated, elsewhere, { tool: 'x', ok: true }).activeStep).toBe('c');
  });
});
