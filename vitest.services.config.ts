import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/services/**/*.service.test.ts'],
    environment: 'node',
    pool: 'forks',
    // One file at a time: the files share the servers they start.
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
