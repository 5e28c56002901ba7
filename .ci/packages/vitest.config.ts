import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: './everything.ts',
    // Most of the time is spent in waiting for npm.
    maxWorkers: 3,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    disableConsoleIntercept: true,
    taskTitleValueFormatTruncate: 100,
  },
});
