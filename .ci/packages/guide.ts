import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, blocksOf, repository } from './packed.ts';

/** What a page has its reader do, and see. */
export type Step = { readonly title: string } & Deed;

type Deed =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'commands'; readonly text: string; readonly goesOn: boolean }
  | { readonly kind: 'output'; readonly lines: readonly string[] };

export type Section = { readonly heading: string; readonly steps: readonly Step[] };

/**
 * The steps of a page, section by section: blocks of commands; files, whose first line is a comment with their path; and
 * what the last commands print, where `…` stands for anything.
 */
export function sectionsOf(page: string): Section[] {
  const text = readFileSync(join(repository, page), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  return sections.map((section) => ({
    heading: section.split('\n', 1)[0] ?? '',
    steps: blocksOf(section).map(stepOf),
  }));
}

function stepOf({ language, code }: Block): Step {
  const deed = deedOf(language, code);
  if (deed.kind === 'file') return { ...deed, title: deed.path };
  if (deed.kind === 'output') return { ...deed, title: `shows ${deed.lines.join(' ')}` };
  return { ...deed, title: deed.text.trim().replaceAll('\n', '; ') };
}

function deedOf(language: string, code: string): Deed {
  // A command that is not over before the next step says so, for the reader and for us.
  if (language === 'sh') return { kind: 'commands', text: code, goesOn: code.includes('# goes on running') };
  if (language === 'text') return { kind: 'output', lines: code.trimEnd().split('\n') };
  const path = /^\/\/ (\S+\.\w+)\n/.exec(code)?.[1];
  if (path === undefined) throw new Error(`it is not said which file this is:\n${code}`);
  return { kind: 'file', path, text: code };
}
