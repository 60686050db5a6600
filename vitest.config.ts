import { defineConfig } from 'vitest/config';

/** Tests without processes or servers, which may share a worker: loading the CDK takes longer than most of them. */
const sharedTests = ['test/lib/**/*.test.ts', 'examples/*/test/**/*.test.ts'];

/** Slow, or in need of Java or an S3 server: `npm run test:real`. */
const slowTests = [
  'test/real/**',
  'test/simulation/planted-bugs.test.ts',
  'tools/faults/test/matrix.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: sharedTests,
          isolate: false,
          setupFiles: 'test/lib/remove-stacks.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'isolated',
          include: ['test/**/*.test.ts', 'tools/*/test/**/*.test.ts'],
          exclude: [...sharedTests, ...slowTests, 'node_modules/**'],
        },
      },
    ],
    globalSetup: 'test/announce-duration.ts',
    // Vitest would leave one core of two idle.
    maxWorkers: '100%',
    // For a hung test, not for a slow machine.
    testTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['lambda/{core/**,*-handler.ts}'],
      reporter: ['text-summary', 'html'],
      thresholds: {
        'lambda/core/**': { lines: 100, functions: 100, branches: 100, statements: 100 },
        'lambda/*-handler.ts': { lines: 100, functions: 100, branches: 100, statements: 100 },
      },
    },
  },
});
