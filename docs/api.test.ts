import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The pages of a folder by their paths. */
function pagesOf(folder: string): Record<string, string> {
  const paths = globSync('**/*.md', { cwd: folder }).toSorted();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

describe('the API reference', () => {
  it('is what `pnpm --filter @stateroom/docs api` writes', () => {
    const fresh = mkdtempSync(join(tmpdir(), 'stateroom-api-'));
    try {
      const script = join(import.meta.dirname, 'scripts/write-api.ts');
      execFileSync(process.execPath, [script, fresh], { stdio: ['ignore', 'ignore', 'inherit'] });
      expect(pagesOf(join(import.meta.dirname, 'reference/api'))).toEqual(pagesOf(fresh));
    } finally {
      rmSync(fresh, { recursive: true });
    }
  });
});
