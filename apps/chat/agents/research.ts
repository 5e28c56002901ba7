import type { LanguageModelV4 } from '@ai-sdk/provider';
import { defineWorkflow } from '@stateroom/orchestration';
import { type AgentProfile, createAgentProfile } from './agent-profile.ts';
import type { DocsLibrary } from './docs-library.ts';
import { researchTools } from './research-tools.ts';

const workflow = defineWorkflow({
  steps: [
    {
      name: 'research',
      description: 'Search the documentation and read a page.',
      isDefault: true,
      tools: { allow: ['search_docs', 'read_page'] },
      instructions: 'Search first, then read the page that fits best. Do not answer before you have read a page.',
    },
    {
      name: 'answer',
      description: 'Lay out what was found, then write it up.',
      when: [{ type: 'tool_used', tool: 'read_page' }],
      tools: { allow: ['outline', 'write_brief', 'read_page'] },
      sequence: ['outline', 'write_brief'],
      instructions: 'Outline the answer, then write the brief. Say only what the pages say, and name them.',
    },
  ],
});

/** Answers questions from the markdown pages of this repository's docs folder. */
export function researchDesk(model: LanguageModelV4, library: DocsLibrary): AgentProfile {
  return createAgentProfile({
    id: 'research',
    title: 'Research desk',
    description: 'Reads this project’s own documentation, then writes you a short brief with its sources.',
    suggestions: [
      'How does a session stay safe when two requests come at once?',
      'Which storage provider should I choose?',
      'How do I give an agent a workflow with steps?',
    ],
    model,
    instructions:
      'You are a careful research desk. You answer from the documentation you read with your tools, in short plain paragraphs, and name the pages you used.',
    tools: researchTools(library),
    workflow,
  });
}
