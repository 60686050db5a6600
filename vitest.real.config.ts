import { defineConfig } from 'vitest/config';

/** Tests against a real Apache Kafka and a real S3-compatible server: `npm run test:real`. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    // Each file starts servers of its own, on a machine of two cores.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
