import { describe, expect, it } from 'vitest';
import { defineWorkflow } from '../workflow.ts';
import { workflowArrows } from './arrows.ts';

describe('the arrows of a workflow', () => {
  it('leave a step that allows the tool which makes the condition true, and say what is a choice', () => {
    const workflow = defineWorkflow({
      steps: [
        { name: 'look', isDefault: true, tools: { allow: ['search'] } },
        { name: 'read', when: [{ type: 'tool_used', tool: 'search' }], tools: { allow: ['open'] }, to: ['look'] },
      ],
    });
    expect(workflowArrows(workflow)).toEqual([
      { from: 'look', to: 'read', because: 'search was used', isChoice: false },
      { from: 'read', to: 'look', because: 'the application', isChoice: true },
    ]);
  });
});
