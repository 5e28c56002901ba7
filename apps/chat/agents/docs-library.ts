import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { excerptOf, scoresOf, type Section } from './docs-search.ts';

type DocsPage = {
  /** The path below the folder, with `/` between its parts: `guides/sessions.md`. */
  readonly name: string;
  readonly title: string;
  readonly text: string;
};

type DocsMatch = { readonly page: string; readonly heading: string; readonly excerpt: string };

export type DocsLibrary = {
  readonly pages: () => Promise<readonly DocsPage[]>;
  /** The pages that speak of the words, best first, each by its best section. */
  readonly search: (words: string, limit: number) => Promise<readonly DocsMatch[]>;
  /** The page of that name, else the page that speaks best of those words; null when there is neither. */
  readonly find: (nameOrWords: string) => Promise<DocsPage | null>;
};

/** What one looks up rather than reads: of two pages that say the same, the other is the better answer. */
const asides = ['decisions/', 'reference/'];
const asideWeight = 0.6;

/**
 * The markdown pages below a folder. A page is only ever looked up in the folder's own listing, so no name reaches a
 * file outside of it; links, dotfiles and node_modules are left out. A folder that is not there has no pages.
 */
export function docsLibrary(folder: string): DocsLibrary {
  const pages = async () => {
    const names = await listMarkdown(folder);
    return Promise.all(names.map((name) => readPage(folder, name)));
  };
  const search = async (words: string, limit: number) => {
    const best = bestSections(await pages(), words).slice(0, limit);
    return best.map((section) => ({
      page: section.page,
      heading: section.heading,
      excerpt: excerptOf(section, words),
    }));
  };
  const find = async (nameOrWords: string) => {
    const all = await pages();
    const named = all.find(({ name }) => name === nameOrWords);
    if (named !== undefined || looksLikePath(nameOrWords)) return named ?? null;
    const [best] = bestSections(all, nameOrWords);
    return all.find(({ name }) => name === best?.page) ?? null;
  };
  return { pages, search, find };
}

async function listMarkdown(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => !name.split('/').some((part) => part === 'node_modules' || part.startsWith('.')))
    .toSorted();
}

async function readPage(folder: string, name: string): Promise<DocsPage> {
  const text = await readFile(join(folder, name), 'utf8');
  const title = /^#\s+(.+)$/m.exec(text)?.[1]?.trim() ?? name;
  return { name, title, text };
}

function looksLikePath(text: string): boolean {
  return /[\\/]|\.\.|\.md$/.test(text);
}

/** One of each page that speaks of the words, best first. */
function bestSections(pages: readonly DocsPage[], words: string): Section[] {
  const sections = pages.flatMap(sectionsOf);
  const scores = scoresOf(sections, words);
  const weightOf = ({ page }: Section) => (asides.some((aside) => page.startsWith(aside)) ? asideWeight : 1);
  const ranked = sections
    .map((section, index) => ({ section, score: (scores[index] ?? 0) * weightOf(section) }))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score);
  const best = Map.groupBy(ranked, ({ section }) => section.page);
  return [...best.values()].flatMap(([first]) => (first === undefined ? [] : [first.section]));
}

function sectionsOf({ name, title, text }: DocsPage): Section[] {
  return text
    .split(/^(?=#{1,4}\s)/m)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const heading = /^#{1,4}\s+(.+)/.exec(part)?.[1]?.trim();
      return { page: name, heading: heading ?? title, text: part.replace(/^#{1,4}\s.*\n?/, '').trim() };
    });
}
