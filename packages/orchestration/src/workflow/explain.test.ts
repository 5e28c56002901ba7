import { describe, expect, it } from 'vitest';
import { addEffect } from '../effects.ts';
import { afterEvent, afterTool, enterStep, initialOrchestrationState } from '../rules.ts';
import { defineWorkflow } from '../workflow.ts';
import { explain } from './explain.ts';
import { goToStep } from './transitions.ts';

const workflow = defineWorkflow({
  steps: [
    { name: 'research', tools: { allow: ['search', 'read_*', 'secret'], deny: ['secret'] } },
    { name: 'answer', when: [{ type: 'tool_used', tool: 'read_page' }], sequence: ['outline', 'write'] },
    { name: 'late', when: [{ type: 'turn_count', atLeast: 9 }], tools: { allow: [] } },
    { name: 'paid', when: [{ type: 'custom', predicate: 'isPaid' }], to: [] },
  ],
  transitions: 'model',
  predicates: {
    isPaid: () => {
      throw new Error('no order');
    },
  },
});
const tools = ['search', 'read_page', 'secret', 'outline', 'write'];
const start = initialOrchestrationState(workflow, 's');
const read = afterTool(workflow, start, { tool: 'read_page', ok: true });
const whyIn = (state: typeof start) => explain(workflow, { state }, []).because;

describe('explain', () => {
  it('says of each tool why it is offered or not', () => {
    expect(explain(workflow, { state: start }, tools).tools).toEqual([
      { name: 'search', isOffered: true, because: '"research" allows it.' },
      { name: 'read_page', isOffered: true, because: '"research" allows it.' },
      { name: 'secret', isOffered: false, because: '"research" denies it.' },
      {
        name: 'outline',
        isOffered: false,
        because: '"research" does not allow it. It allows search, read_*, secret.',
      },
      { name: 'write', isOffered: false, because: '"research" does not allow it. It allows search, read_*, secret.' },
      { name: 'go_to_step', isOffered: false, because: 'No step can be gone to from here now.' },
    ]);
    expect(explain(workflow, { state: read }, ['outline', 'write', 'search']).tools).toEqual([
      { name: 'outline', isOffered: true, because: 'It is the next in the sequence of "answer".' },
      {
        name: 'write',
        isOffered: false,
        because: 'The sequence of "answer" waits for outline. It has its own place there.',
      },
      {
        name: 'search',
        isOffered: false,
        because: 'The sequence of "answer" waits for outline. It is offered again after the last.',
      },
      { name: 'go_to_step', isOffered: true, because: 'It leads to "research".' },
    ]);
    expect(explain(workflow, { state: enterStep(start, 'late') }, ['search']).tools[0]?.because).toBe(
      '"late" does not allow it. It allows none.',
    );
  });

  it('says of an effect that it grants a tool, or has it cool down', () => {
    const grant = (value: string) => ({ id: `grant ${value}`, kind: 'tool', value, turnsLeft: 2 });
    const cooldown = { id: 'rest', kind: 'cooldown', value: 'search', turnsLeft: 1 };
    const state = [grant('write'), grant('secret'), cooldown].reduce((before, one) => addEffect(before, one), start);
    expect(explain(workflow, { state }, ['search', 'secret', 'write']).tools.slice(0, 3)).toEqual([
      {
        name: 'search',
        isOffered: false,
        because: 'It cools down: the effect "rest" lasts until the turn ends.',
      },
      { name: 'secret', isOffered: false, because: '"research" denies it.' },
      { name: 'write', isOffered: true, because: 'The effect "grant write" grants it, and lasts 2 turns.' },
    ]);
  });

  it('says why the session is in its step', () => {
    expect(whyIn(start)).toBe('A session begins in "research", and nothing is known to have moved this one.');
    expect(whyIn(read)).toBe('A call of read_page made the conditions of "answer" true.');
    expect(whyIn(enterStep(read, 'late'))).toBe('The application chose "late".');
    expect(whyIn(goToStep(read, 'research'))).toBe('The model chose "research".');
    expect(whyIn({ ...read, stepCause: null })).toBe('What brought the session into "answer" is not known.');
    expect(whyIn({ ...read, activeStep: 'gone' })).toBe(
      'The workflow has no step "gone" any more, so the session is in the default one.',
    );
    const last = afterEvent(workflow, { state: { ...start, turnCount: 8 } }, { type: 'turn_ended' });
    expect(whyIn(last)).toBe('The end of a turn made the conditions of "late" true.');
  });

  it('says what is true of the conditions, and of one that throws that it does', () => {
    expect(explain(workflow, { state: read }, []).conditions).toEqual([
      { step: 'answer', condition: 'read_page was used', isTrue: true },
      { step: 'late', condition: '9 turns have ended', isTrue: false },
      { step: 'paid', condition: 'isPaid (it threw Error: no order)', isTrue: false },
    ]);
  });

  it('has little to say of an agent without steps', () => {
    expect(explain(null, { state: initialOrchestrationState(null, 's') }, ['search'])).toEqual({
      step: null,
      because: 'There is no workflow.',
      tools: [{ name: 'search', isOffered: true, because: 'There are no steps.' }],
      conditions: [],
    });
  });
});
