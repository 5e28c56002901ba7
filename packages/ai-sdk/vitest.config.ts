import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Ends what hangs. How long a test takes is no claim of it: the machine may be slow, and busy with others.
  test: { testTimeout: 60_000, hookTimeout: 60_000 },
});
