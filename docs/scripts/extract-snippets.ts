/**
 * Writes the TypeScript blocks of the README and the docs to files, so that the compiler reads them. A block that begins
 * with an import begins a program; one that does not goes on with the program before it on its page. One whose first line
 * is a comment with a file's name is that file, and imports the others of its page.
 */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type File = { readonly path: string; readonly code: string };

const docs = join(import.meta.dirname, '..');
const folder = join(docs, '.snippets');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const { dependencies }: { dependencies: object } = JSON.parse(readFileSync(join(docs, 'package.json'), 'utf8'));

for (const page of globSync(['../README.md', '../packages/*/README.md', '**/*.md'], {
  cwd: docs,
  exclude: ['node_modules/**', 'reference/api/**', '../packages/*/node_modules/**'],
})) {
  const name = page
    .replace(/\.md$/, '')
    .replace(/[^a-z0-9]+/gi, '-')
    .replace(/^-/, '')
    .toLowerCase();
  const text = readFileSync(join(docs, page), 'utf8');
  for (const { path, code } of [...programsOf(text, name), ...filesOf(text, name)]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${code}\nexport {};\n`);
  }
}

function programsOf(page: string, name: string): File[] {
  const programs: string[] = [];
  for (const [, code = ''] of page.matchAll(/^```ts\n(?!\/\/ \S+\.ts\n)(.*?)^```/gms)) {
    const before = code.startsWith('import ') ? undefined : programs.pop();
    programs.push(before === undefined ? code : `${before}\n${code}`);
  }
  return programs.map((code, index) => ({ path: `${name}-${index + 1}.ts`, code }));
}

/** But for those of what a page has its reader install, and we have not: `pnpm check:packages` compiles and runs them. */
function filesOf(page: string, name: string): File[] {
  const files = page.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```/gms);
  return [...files]
    .filter(([, , code = '']) => packagesIn(code).every((imported) => imported in dependencies))
    .map(([, path = '', code = '']) => ({ path: join(name, path), code }));
}

function packagesIn(code: string): string[] {
  return [...code.matchAll(/ from '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(([, imported = '']) => imported);
}
