import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStorage } from '@stateroom/core/memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docsLibrary } from './docs-library.ts';
import { scoresOf } from './docs-search.ts';
import { researchDesk } from './research.ts';
import { Guest, obedientModel, routeOf } from './testing/guest.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-docs-'));
const docsFolder = join(folder, 'docs');
const longPage = `# A long page\n\n${'word '.repeat(2000)}the end`;

beforeAll(() => {
  mkdirSync(join(docsFolder, 'guides'), { recursive: true });
  mkdirSync(join(docsFolder, 'decisions'));
  mkdirSync(join(docsFolder, 'node_modules', 'other'), { recursive: true });
  writeFileSync(join(folder, 'secret.md'), '# Secret\nOutside of the folder.');
  writeFileSync(join(docsFolder, 'README.md'), '# Start\n\nHow to begin.');
  writeFileSync(join(docsFolder, 'long.md'), longPage);
  writeFileSync(
    join(docsFolder, 'guides', 'leases.md'),
    '# Leases\n\nA lease is a right.\n\n## Renewal\n\n```ts\nrenew();\n```\n\nA lease is renewed by its holder.',
  );
  writeFileSync(join(docsFolder, 'decisions', 'leases.md'), '# Leases\n\nA lease is renewed by its holder, we say.');
  writeFileSync(join(docsFolder, 'node_modules', 'other', 'README.md'), '# Leases elsewhere\nleases leases');
  symlinkSync(join(folder, 'secret.md'), join(docsFolder, 'link.md'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function guest(library = docsLibrary(docsFolder)) {
  const { agent } = researchDesk(obedientModel(), library);
  return new Guest(routeOf(agent, memoryStorage()), { agentId: 'research' });
}

describe('the research desk', () => {
  it('searches, reads, outlines and writes in that order, and begins anew with another search', async () => {
    const anna = guest();
    const steps: unknown[] = [];
    for (const [tool, input] of [
      ['search_docs', { query: 'leases' }],
      ['read_page', { page: 'README.md' }],
      ['outline', { question: 'What is a lease?' }],
      ['write_brief', { title: 'Leases', summary: 'They are renewed.' }],
      ['read_page', { page: 'guides/leases.md' }],
      ['search_docs', { query: 'begin' }],
      ['read_page', { page: 'README.md' }],
      ['outline', { question: 'How to begin?' }],
    ] as const) {
      const { view, types } = await anna.call(tool, input);
      expect(types).not.toContain('tool-output-error');
      steps.push(view?.activeStep);
    }
    expect(steps).toEqual(['research', 'answer', 'answer', 'answer', 'answer', 'research', 'answer', 'answer']);
  });

  it.each([
    ['write_brief', 'before anything was read', [], 'search_docs, read_page'],
    ['outline', 'when it has only searched', ['search_docs'], 'search_docs, read_page'],
    ['write_brief', 'before it has an outline', ['search_docs', 'read_page'], 'outline'],
    ['search_docs', 'when it is to write', ['search_docs', 'read_page'], 'outline'],
  ])('does not %s %s', async (tool, _when, before, available) => {
    const anna = guest();
    const input = { query: 'lease', page: 'lease', question: '?', title: 'Leases', summary: 'None.' };
    for (const name of before) await anna.call(name, input);
    const { output, view } = await anna.call(tool, input);
    expect([output, view?.recentlyUsedTools]).toEqual([
      expect.stringContaining(`Available tools: ${available}.`),
      before.toReversed(),
    ]);
  });

  it('puts under a brief what was read for it, and shows it', async () => {
    const anna = guest();
    await anna.call('search_docs', { query: 'leases' });
    await anna.call('read_page', { page: 'guides/leases.md' });
    await anna.call('outline', { question: 'What is a lease?' });
    const brief = { title: 'Leases', summary: 'Says https://example.org.' };
    const { output, view } = await anna.call('write_brief', brief);
    expect(output).toEqual({ ...brief, sources: ['guides/leases.md'] });
    expect(view?.data).toEqual({ sources: ['guides/leases.md'], brief: 'Leases' });
    const more = await anna.call('read_page', { page: 'README.md' });
    expect(more.view?.data).toEqual({ sources: ['guides/leases.md', 'README.md'], brief: 'Leases' });
    const again = await anna.call('read_page', { page: 'guides/leases.md' });
    expect(again.view?.data).toMatchObject({ sources: ['README.md', 'guides/leases.md'] });
    expect((await anna.call('search_docs', { query: 'begin' })).view?.data).toEqual({ sources: [] });
  });
});

describe('the library', () => {
  it('is searched for real: one section a page, what explains before what was decided, and no code in its words', async () => {
    expect((await guest().call('search_docs', { query: 'Who renews it?' })).output).toEqual({
      question: 'Who renews it?',
      pagesSearched: 4,
      matches: [
        { page: 'guides/leases.md', heading: 'Renewal', excerpt: 'A lease is renewed by its holder.' },
        { page: 'decisions/leases.md', heading: 'Leases', excerpt: 'A lease is renewed by its holder, we say.' },
      ],
    });
  });

  it('ranks by rare words, short sections and headings', () => {
    const filler = 'sea wind sail rope tide '.repeat(8);
    const ranked = [
      { page: 'heading', heading: 'Anchors', text: 'the sea' },
      { page: 'short', heading: 'On', text: 'anchor sea' },
      { page: 'twice', heading: 'On', text: `anchor anchor ${filler}` },
      { page: 'long', heading: 'On', text: `anchor ${filler}` },
      { page: 'common', heading: 'On', text: 'sea' },
      { page: 'neither', heading: 'On', text: 'anch' },
    ];
    const scores = scoresOf(ranked, 'anchors at sea');
    expect(scores.toSorted((left, right) => right - left)).toEqual(scores);
    expect([new Set(scores).size, scores.at(-1)]).toEqual([ranked.length, 0]);
  });

  it.each([
    ['What happens when two messages come to one session at once?', 'concepts/concurrency.md'],
    ['How do I ask before a tool runs?', 'guides/approvals.md'],
    ['How do I give an agent a workflow with steps?', 'guides/tools-by-step.md'],
    ['What does NOT_PENDING mean?', 'reference/errors.md'],
    ['How do I rewind a conversation?', 'concepts/turns.md'],
    ['Search for budgets', 'guides/budgets.md'],
  ])('of this repository answers %j', async (query, page) => {
    const matches = await docsLibrary(join(import.meta.dirname, '../../../docs')).search(query, 5);
    expect(matches.map((match) => match.page)).toContain(page);
  });

  it.each([
    ['guides/leases.md', 'guides/leases.md'],
    ['How is a lease renewed?', 'guides/leases.md'],
    ['begin', 'README.md'],
  ])('has the page for %j', async (page, name) => {
    expect((await guest().call('read_page', { page })).output).toMatchObject({ page: name, part: 1, parts: 1 });
  });

  it('has a summary of each page, and its text in parts', async () => {
    const { output } = await guest().call('read_page', { page: 'guides/leases.md' });
    expect(output).toMatchObject({ title: 'Leases', summary: 'A lease is a right.' });
    for (const part of [1, 2]) {
      const read = await guest().call('read_page', { page: 'long.md', part });
      expect(read.output).toMatchObject({ part, parts: 2, text: longPage.slice((part - 1) * 8000, part * 8000) });
    }
    expect((await guest().call('read_page', { page: 'long.md', part: 3 })).output).toBe('long.md has 2 parts.');
  });

  it.each([
    '../secret.md',
    'guides/../../secret.md',
    '..\\secret.md',
    join(folder, 'secret.md'),
    'link.md',
    'node_modules/other/README.md',
    '%2e%2e/secret.md',
    'README.md\u0000',
    'nothing like it',
  ])('has no page for %j', async (page) => {
    const { output, view } = await guest().call('read_page', { page });
    expect(output).toContain('There are: README.md, decisions/leases.md, guides/leases.md, long.md.');
    expect(view?.data).toEqual({ sources: [] });
  });

  it('is empty where there is no folder', async () => {
    const anna = guest(docsLibrary(join(folder, 'nowhere')));
    expect((await anna.call('search_docs', { query: 'lease' })).output).toMatchObject({
      pagesSearched: 0,
      matches: [],
    });
    expect((await anna.call('read_page', { page: 'README.md' })).output).toContain('no pages');
  });
});
