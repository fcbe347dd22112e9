import { defineConfig } from 'vitest/config';

// Apart from the other tests: it builds, packs and installs, for which npm may ask the registry.
export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
