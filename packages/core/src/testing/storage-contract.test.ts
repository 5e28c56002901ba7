import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StorageProvider } from '../storage/provider.ts';
import { memoryStorage } from '../storage/memory.ts';
import { brokenAnswers } from './broken/answers.ts';
import type { Broken } from './broken/broken.ts';
import { brokenCommits } from './broken/commits.ts';
import { brokenData } from './broken/data.ts';
import { brokenLifeSpans } from './broken/life-spans.ts';
import { brokenSizes } from './broken/sizes.ts';
import { manualClock } from './clock.ts';
import { override } from '../storage/override.ts';
import { describeStorage, storageClauses } from './storage-contract.ts';

const allBroken: readonly Broken[] = [
  ...brokenCommits,
  ...brokenAnswers,
  ...brokenLifeSpans,
  ...brokenData,
  ...brokenSizes,
];

/** Runs clauses of the contract as a test runner would, and gives back the names of those that were not kept. */
async function refusals(breakIt: (storage: StorageProvider) => StorageProvider, only?: string): Promise<string[]> {
  const clock = manualClock();
  const clauses: { readonly name: string; readonly test: () => Promise<void> }[] = [];
  describeStorage('provider', () => breakIt(memoryStorage({ clock: clock.now })), {
    describe: (_name, body) => body(),
    it: (name, test) => clauses.push({ name, test }),
    sleep: clock.advance,
  });
  const refused: string[] = [];
  for (const { name, test } of clauses) {
    if (only === undefined || only === name) await test().catch(() => refused.push(name));
  }
  return refused;
}

describe('the storage contract', () => {
  it.each(allBroken)('refuses a provider that $fault', async ({ clause, of }) => {
    expect(await refusals(of, clause)).toEqual([clause]);
  });

  it('has a broken provider for each of its clauses', () => {
    const proven = new Set(allBroken.map(({ clause }) => clause));
    expect(storageClauses.map(({ name }) => name).filter((name) => !proven.has(name))).toEqual([]);
  });

  it('runs under node:test as well', () => {
    const file = join(import.meta.dirname, 'node-runner.test-process.ts');
    const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], { encoding: 'utf8' });
    expect(stdout).toContain(`# tests ${storageClauses.length}\n`);
    expect(stdout).toContain(`# pass ${storageClauses.length}\n`);
  });

  it('refuses nothing of the same provider when it is whole', async () => {
    expect(await refusals((storage) => override(storage, {}))).toEqual([]);
  });
});
