/** Adds up the reports of all test runs. Fails when one is missing, failed, or skipped a test: in CI nothing is. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
};

const workspaces = globSync(['packages/*/package.json', 'apps/*/package.json', 'docs/package.json']);
const tested = workspaces.filter((path) => 'test' in JSON.parse(readFileSync(path, 'utf8')).scripts);
const sum = { passed: 0, failed: 0, skipped: 0 };
let isSound = true;

for (const workspace of tested) {
  const path = join(dirname(workspace), 'test-results/vitest.json');
  if (!existsSync(path)) {
    console.log(`no report: ${path}`);
    isSound = false;
    continue;
  }
  const report: Report = JSON.parse(readFileSync(path, 'utf8'));
  sum.passed += report.numPassedTests;
  sum.failed += report.numFailedTests;
  sum.skipped += report.numPendingTests + report.numTodoTests;
  isSound &&= report.success;
}

process.exitCode = isSound && sum.passed > 0 && sum.failed === 0 && sum.skipped === 0 ? 0 : 1;
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
