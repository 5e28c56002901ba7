import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    exclude: ['**/node_modules/**', '.next/**'],
    // Most of what they do is wait: for words that come slowly, and for leases that end.
    maxWorkers: 2,
    // Ends what hangs. How long a test takes is no claim of it: the machine may be slow, and busy with others.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
