import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/services/**/*.service.test.ts'],
    globalSetup: ['test/services/support/require-services.ts'],
    environment: 'node',
    pool: 'forks',
    // Node 20’s optimizing compiler sometimes ends a busy test process ("unreachable code" in Deoptimizer); servers and workers run with it.
    execArgv: ['--no-opt'],
    // One file at a time: each starts servers, workers and agent servers of its own.
    maxWorkers: 1,
    // Long, because a test may start several processes, and takes a server away for ten seconds.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
