import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isMention, keywords } from './keywords.ts';

type DocsPage = {
  /** The path below the folder, with `/` between its parts: `guides/sessions.md`. */
  readonly name: string;
  readonly title: string;
  readonly text: string;
};

type DocsMatch = { readonly page: string; readonly heading: string; readonly excerpt: string };

export type DocsLibrary = {
  readonly pages: () => Promise<readonly DocsPage[]>;
  /** The sections that speak most of the words, best first. */
  readonly search: (words: string, limit: number) => Promise<readonly DocsMatch[]>;
  /** The page of that name, else the page that speaks most of those words; null when there is neither. */
  readonly find: (nameOrWords: string) => Promise<DocsPage | null>;
};

type Section = { readonly heading: string; readonly text: string };

const excerptLength = 280;

/**
 * The markdown pages below a folder. A page is only ever looked up in the folder's own listing, so no name reaches a
 * file outside of it; links, dotfiles and node_modules are left out. A folder that is not there has no pages.
 */
export function docsLibrary(folder: string): DocsLibrary {
  const pages = async () => {
    const names = await listMarkdown(folder);
    return Promise.all(names.map((name) => readPage(folder, name)));
  };
  const search = async (words: string, limit: number) => rank(await pages(), words).slice(0, limit);
  const find = async (nameOrWords: string) => {
    const all = await pages();
    const named = all.find(({ name }) => name === nameOrWords);
    if (named !== undefined || looksLikePath(nameOrWords)) return named ?? null;
    const [best] = rank(all, nameOrWords);
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

function rank(pages: readonly DocsPage[], words: string): DocsMatch[] {
  const wanted = keywords(words);
  return pages
    .flatMap((page) => sectionsOf(page).map((section) => ({ page, section, score: scoreOf(page, section, wanted) })))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .map(({ page, section }) => ({ page: page.name, heading: section.heading, excerpt: excerptOf(section, wanted) }));
}

function sectionsOf({ title, text }: DocsPage): Section[] {
  return text
    .split(/^(?=#{1,4}\s)/m)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const heading = /^#{1,4}\s+(.+)/.exec(part)?.[1]?.trim();
      return { heading: heading ?? title, text: part.replace(/^#{1,4}\s.*\n?/, '').trim() };
    });
}

/** A word counts once for the text, more for the heading and the title: long sections do not win by length. */
function scoreOf(page: DocsPage, section: Section, wanted: readonly string[]): number {
  const weightOf = (word: string) =>
    (isMention(section.text, word) ? 2 : 0) +
    (isMention(section.heading, word) ? 3 : 0) +
    (isMention(page.title, word) ? 1 : 0);
  return wanted.reduce((sum, word) => sum + weightOf(word), 0);
}

function excerptOf({ text }: Section, wanted: readonly string[]): string {
  const plain = text.replace(/\s+/g, ' ');
  const positions = wanted.map((word) => plain.toLowerCase().indexOf(word)).filter((position) => position >= 0);
  const start = Math.max(0, Math.min(...positions, plain.length) - 60);
  const from = positions.length === 0 || start === 0 ? 0 : plain.indexOf(' ', start) + 1;
  const cut = plain.slice(from, from + excerptLength);
  return `${from > 0 ? '… ' : ''}${cut}${from + excerptLength < plain.length ? ' …' : ''}`;
}
