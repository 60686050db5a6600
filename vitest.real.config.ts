import { defineConfig } from 'vitest/config';

/** Slow tests, and tests against a real Apache Kafka and a real S3 server: `npm run test:real`. */
export default defineConfig({
  test: {
    include: [
      'test/real/**/*.test.ts',
      'test/simulation/**/*.test.ts',
      'tools/faults/test/matrix.test.ts',
    ],
    // All schedules of the simulation.
    env: { SIMULATION_RUNS: process.env.SIMULATION_RUNS ?? '2000' },
    // Each file starts its own servers, on a machine with two cores.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
