/** `pnpm torture`: SECONDS or FAULTS say how long, SEED which one, ENGINE on what. Prints one line for each engine. */
import process from 'node:process';
import { runTorture } from './torture.ts';
import type { EngineName } from './worker-reports.ts';

const { SEED, ENGINE, SECONDS, FAULTS } = process.env;
const seed = Number(SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const seconds = Number(SECONDS ?? (FAULTS === undefined ? 60 : Infinity));
const faults = Number(FAULTS ?? Infinity);
const engines: readonly EngineName[] = ENGINE === 'redis' || ENGINE === 'sqlite' ? [ENGINE] : ['redis', 'sqlite'];

process.stdout.write(`SEED=${seed}\n`);
for (const engine of engines) {
  const summary = await runTorture({ engine, seed, seconds, faults });
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  if (Object.values(summary.violations).some((count) => count > 0)) process.exitCode = 1;
}
