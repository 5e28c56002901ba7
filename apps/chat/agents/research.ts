import type { LanguageModelV4 } from '@ai-sdk/provider';
import { defineWorkflow } from '@stateroom/orchestration';
import { type AgentProfile, createAgentProfile } from './agent-profile.ts';
import type { DocsLibrary } from './docs-library.ts';
import { findings, researchTools } from './research-tools.ts';

const workflow = defineWorkflow({
  steps: [
    {
      name: 'research',
      description: 'Search the documentation and read what fits.',
      isDefault: true,
      when: [{ type: 'tool_used', tool: 'search_docs', withinLast: 1 }],
      tools: { allow: ['search_docs', 'read_page'] },
      instructions:
        'Search with a few words of the documentation’s own, and again with others if nothing fits. Then read the pages that fit, two or three of them at once. Do not answer before.',
    },
    {
      name: 'answer',
      description: 'Lay out what was found, then write it up. Another search begins the next brief.',
      when: [{ type: 'tool_used', tool: 'read_page', withinLast: 1 }],
      tools: { allow: ['outline', 'write_brief', 'read_page', 'search_docs'] },
      sequence: ['outline', 'write_brief'],
      instructions:
        'Outline the answer, then write the brief, from the pages alone; where they do not say it, say so. Show the user the brief in full, with its sources. A new question begins with a new search.',
    },
  ],
});

/** Answers questions from the markdown pages of this repository's docs folder: no brief before a page was read. */
export function researchDesk(model: LanguageModelV4, library: DocsLibrary): AgentProfile {
  return createAgentProfile({
    id: 'research',
    title: 'Research desk',
    description: 'Reads this project’s own documentation, then writes you a short brief with its sources.',
    suggestions: [
      'What happens when two messages come to one session at once?',
      'How do I ask before a tool runs?',
      'How do I give an agent a workflow with steps?',
    ],
    model,
    instructions:
      'You are a careful research desk. You answer questions about Stateroom, a TypeScript framework, from its documentation, which you read with your tools. Write short plain paragraphs, and name the pages you used.',
    tools: researchTools(library),
    workflow,
    data: findings,
  });
}
