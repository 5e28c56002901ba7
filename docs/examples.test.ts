import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Runs a snippet as a program of its own, and gives back what it printed. */
function run(snippet: string): string[] {
  const path = join(import.meta.dirname, '.snippets', snippet);
  return execFileSync(process.execPath, [path], { encoding: 'utf8' }).trim().split('\n');
}

/** What the snippet says that each of its console.log lines prints. */
function promised(snippet: string): string[] {
  const code = readFileSync(join(import.meta.dirname, '.snippets', snippet), 'utf8');
  return [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output = '']) => output);
}

describe('an example prints what it says', () => {
  it.each(['readme-1.ts', 'getting-started-1.ts', 'concepts-orchestration-1.ts'])('%s', (snippet) => {
    expect(promised(snippet)).not.toEqual([]);
    expect(run(snippet)).toEqual(promised(snippet));
  });
});
