import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** Beside the snippets, but none of them. */
const folder = join(import.meta.dirname, '.snippets', 'drawings');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the workflow on the page about orchestration', () => {
  it('is drawn as toMermaid draws it', async () => {
    const page = readFileSync(join(import.meta.dirname, 'concepts', 'orchestration.md'), 'utf8');
    const [, drawn] = /^```mermaid\n(.*?)^```/ms.exec(page) ?? [];
    const [, code] = /^```ts\n(.*?)^```/ms.exec(page) ?? [];
    mkdirSync(folder, { recursive: true });
    const program = join(folder, 'orchestration.ts');
    writeFileSync(program, `${code}export { drawing };\n`);
    const { drawing }: { readonly drawing: string } = await import(program);
    expect(drawing).toBe(drawn);
  });
});
