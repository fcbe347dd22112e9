import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/services/**', 'test/package/**', 'node_modules/**'],
    globalSetup: ['test/services/support/left-out.ts'],
    environment: 'node',
    // Processes and not threads: libsql and Cedar are native code, and a test may end a server by signal.
    pool: 'forks',
    maxWorkers: 2,
    // Long, because many tests start whole servers as child processes: a busy machine must not fail them.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxConcurrency: 3,
  },
});
