/**
 * Writes the TypeScript blocks of the README and the docs to files, so that the compiler reads them. A block that begins
 * with an import begins a program; one that does not goes on with the program before it on its page.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '..');
const folder = join(docs, '.snippets');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);

for (const page of globSync(['../README.md', '../packages/*/README.md', '**/*.md'], {
  cwd: docs,
  exclude: ['node_modules/**', 'reference/api/**', '../packages/*/node_modules/**'],
})) {
  for (const [index, program] of programsOf(readFileSync(join(docs, page), 'utf8')).entries()) {
    const name = `${page
      .replace(/\.md$/, '')
      .replace(/[^a-z0-9]+/gi, '-')
      .replace(/^-/, '')
      .toLowerCase()}-${index + 1}.ts`;
    writeFileSync(join(folder, name), `${program}\nexport {};\n`);
  }
}

function programsOf(page: string): string[] {
  const programs: string[] = [];
  for (const [, code = ''] of page.matchAll(/^```ts\n(.*?)^```/gms)) {
    const before = code.startsWith('import ') ? undefined : programs.pop();
    programs.push(before === undefined ? code : `${before}\n${code}`);
  }
  return programs;
}
