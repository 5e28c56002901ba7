/** Runs the benchmarks that are named, or all. */
import { conversationsAtOnce } from './conversations.ts';
import { firstByte } from './first-byte.ts';
import { hotSession } from './hot-session.ts';
import { print } from './measure.ts';
import { million } from './million.ts';
import { throughput } from './throughput.ts';
import { turns } from './turns.ts';

const benchmarks = new Map([
  ['throughput', throughput],
  ['hot-session', hotSession],
  ['million', million],
  ['turns', turns],
  ['first-byte', firstByte],
  ['conversations', conversationsAtOnce],
]);
const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : benchmarks.keys()) {
  const run = benchmarks.get(name);
  if (run === undefined) {
    print(`${name} is none of ${[...benchmarks.keys()].join(', ')}`);
    process.exitCode = 1;
    break;
  }
  await run();
}
