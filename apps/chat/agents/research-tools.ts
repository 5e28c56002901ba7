import { sessionOf, ToolRefusal } from '@stateroom/ai-sdk';
import type { SessionData } from '@stateroom/orchestration';
import { tool } from 'ai';
import { z } from 'zod';
import type { DocsLibrary } from './docs-library.ts';

/** What the desk keeps of a conversation. */
const Findings = z.object({
  /** The pages that were read for the brief, each once. They are its sources, whatever the model says. */
  sources: z.array(z.string()),
  /** The title of the brief, null until it is written. */
  brief: z.string().nullable(),
});
type Findings = z.infer<typeof Findings>;

const nothingFound: Findings = { sources: [], brief: null };

export const findings: SessionData<Findings> = {
  schema: Findings,
  initial: nothingFound,
  view: ({ sources, brief }) => ({ sources, ...(brief !== null && { brief }) }),
};

const partCharacters = 8_000;

/** Two tools that read the library, and two that set down what the model has found. */
export function researchTools(library: DocsLibrary) {
  return { ...reading(library), ...writing() };
}

function reading(library: DocsLibrary) {
  return {
    search_docs: tool({
      description: 'Finds the pages of the documentation that speak of the words, each with its best section.',
      inputSchema: z.object({ query: z.string().min(1).max(400).describe('A few words to look for.') }),
      execute: async ({ query }, options) => {
        // A search begins a brief of its own: what was read before is no source of it.
        sessionOf(options, Findings).updateData(() => nothingFound);
        const matches = await library.search(query, 5);
        return { question: query, pagesSearched: (await library.pages()).length, matches };
      },
    }),
    read_page: tool({
      description: 'Reads one page of the documentation: by its name, as search_docs gives it, or by what it is about.',
      inputSchema: z.object({
        page: z.string().min(1).max(400).describe('Such as guides/sessions.md.'),
        part: z.int().min(1).default(1).describe('Of a long page; the answer says how many there are.'),
      }),
      execute: async ({ page, part }, options) => {
        const found = await library.find(page);
        if (found === null) throw new ToolRefusal(await notFound(library, page));
        const { name, title, text } = found;
        const parts = Math.max(1, Math.ceil(text.length / partCharacters));
        if (part > parts) throw new ToolRefusal(`${name} has ${parts} parts.`);
        sessionOf(options, Findings).updateData((before) => withSource(before, name));
        const shown = text.slice((part - 1) * partCharacters, part * partCharacters);
        return { page: name, title, summary: firstParagraph(text), part, parts, text: shown };
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
      description: 'Keeps the finished brief, and puts the pages that were read under it.',
      inputSchema: z.object({
        title: z.string().max(400).describe('A title of a few words.'),
        summary: z.string().max(8_000).describe('The brief itself: a few short paragraphs of markdown.'),
      }),
      execute: ({ title, summary }, options) => {
        const session = sessionOf(options, Findings);
        session.updateData((before) => ({ ...before, brief: title }));
        return { title, summary, sources: session.data.sources };
      },
    }),
  };
}

function withSource(before: Findings, page: string): Findings {
  return { ...before, sources: [...before.sources.filter((source) => source !== page), page] };
}

/** Of the prose: no heading, no list, no table, no code. */
function firstParagraph(text: string): string {
  const paragraphs = text.replaceAll(/^```[^]*?^```$/gm, '').split(/\n{2,}/);
  return paragraphs.map((paragraph) => paragraph.trim()).find((paragraph) => /^[\p{L}*_[`]/u.test(paragraph)) ?? '';
}

async function notFound(library: DocsLibrary, page: string): Promise<string> {
  const names = (await library.pages()).map(({ name }) => name);
  if (names.length === 0) return 'The documentation has no pages here.';
  return `No page is called or speaks of "${page.slice(0, 80)}". There are: ${names.slice(0, 20).join(', ')}.`;
}
