/**
 * Adds up the reports of all test runs, and says once more what failed and why, behind all that was printed meanwhile.
 * Fails when a report is missing, failed, or skipped a test: in CI nothing is.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};

const workspaces = globSync(['packages/*/package.json', 'apps/*/package.json', 'docs/package.json']);
const tested = workspaces.filter((path) => 'test' in JSON.parse(readFileSync(path, 'utf8')).scripts);
const reports = tested.map((workspace) => join(dirname(workspace), 'test-results/vitest.json'));
const sum = { passed: 0, failed: 0, skipped: 0 };
let isSound = true;

for (const path of [...reports, '.ci/test-results/packages.json']) {
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
  for (const failure of failuresOf(report)) console.log(failure);
}

process.exitCode = isSound && sum.passed > 0 && sum.failed === 0 && sum.skipped === 0 ? 0 : 1;
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);

/** A file that failed as a whole, as one that cannot be loaded, has a message of its own. */
function failuresOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    const tests = failed.map(({ fullName, failureMessages }) => `FAILED ${fullName}\n${failureMessages.join('\n')}`);
    return message === '' ? tests : [`FAILED ${name}\n${message}`, ...tests];
  });
}
