import { ToolRefusal } from '@stateroom/ai-sdk';
import { tool } from 'ai';
import { z } from 'zod';
import type { DocsLibrary } from './docs-library.ts';

const maxPageLength = 8_000;

/** Two tools that read the library, and two that set down what the model has found. */
export function researchTools(library: DocsLibrary) {
  return { ...reading(library), ...writing() };
}

function reading(library: DocsLibrary) {
  return {
    search_docs: tool({
      description: 'Finds the sections of the documentation that speak of the words.',
      inputSchema: z.object({ query: z.string().min(1).max(400).describe('A few words to look for.') }),
      execute: async ({ query }) => {
        const matches = await library.search(query, 5);
        return { pagesSearched: (await library.pages()).length, matches };
      },
    }),
    read_page: tool({
      description: 'Reads one page of the documentation: by its name, as search_docs gives it, or by what it is about.',
      inputSchema: z.object({ page: z.string().min(1).max(400).describe('Such as guides/sessions.md.') }),
      execute: async ({ page }) => {
        const found = await library.find(page);
        if (found === null) throw new ToolRefusal(await notFound(library, page));
        const isCut = found.text.length > maxPageLength;
        return { page: found.name, title: found.title, text: found.text.slice(0, maxPageLength), isCut };
      },
    }),
  };
}

function writing() {
  return {
    outline: tool({
      description: 'Sets down the points of the answer, in order, before it is written.',
      inputSchema: z.object({
        question: z.string().max(400).describe('What is to be answered.'),
        points: z
          .array(z.string().max(400))
          .max(8)
          .default(['What the pages say', 'What follows from it', 'Where to read on']),
      }),
      execute: ({ question, points }) => ({
        question,
        outline: points.map((point, index) => `${index + 1}. ${point}`),
      }),
    }),
    write_brief: tool({
      description: 'Keeps the finished brief.',
      inputSchema: z.object({
        title: z.string().max(400).describe('A title of a few words.'),
        body: z.string().max(8_000).describe('The brief itself, in markdown.'),
      }),
      execute: ({ title, body }) => ({ title, body, words: body.split(/\s+/).filter((word) => word !== '').length }),
    }),
  };
}

async function notFound(library: DocsLibrary, page: string): Promise<string> {
  const names = (await library.pages()).map(({ name }) => name);
  if (names.length === 0) return 'The documentation has no pages here.';
  return `No page is called or speaks of "${page.slice(0, 80)}". There are: ${names.slice(0, 20).join(', ')}.`;
}
