import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '.snippets');

/** Runs a snippet as a program of its own, in an empty folder, and gives back what it printed. */
function run(snippet: string): string[] {
  const cwd = mkdtempSync(join(tmpdir(), 'stateroom-'));
  try {
    const printed = execFileSync(process.execPath, [join(folder, snippet)], { encoding: 'utf8', cwd });
    return printed.trim().split('\n');
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** What the snippet says that each of its console.log lines prints. */
function promised(snippet: string): string[] {
  const code = readFileSync(join(folder, snippet), 'utf8');
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output = '']) => output);
}

describe('an example prints what it says', () => {
  const snippets = globSync('**/*.ts', { cwd: folder }).filter((snippet) => promised(snippet).length > 0);
  it.each(snippets.toSorted())('%s', (snippet) => {
    expect(run(snippet)).toEqual(promised(snippet));
  });
});
