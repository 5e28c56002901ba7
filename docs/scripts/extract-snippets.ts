/** Writes each TypeScript block of the README and the docs to a file of its own, so that the compiler reads it. */
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
  const blocks = readFileSync(join(docs, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms);
  for (const [index, [, code = '']] of [...blocks].entries()) {
    const name = `${page
      .replace(/\.md$/, '')
      .replace(/[^a-z0-9]+/gi, '-')
      .replace(/^-/, '')
      .toLowerCase()}-${index + 1}.ts`;
    writeFileSync(join(folder, name), `${code}\nexport {};\n`);
  }
}
