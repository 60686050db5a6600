import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', '{examples,tools}/*/test/**/*.test.ts'],
    // Slow, or in need of Java or an S3 server: npm run test:real.
    exclude: [
      'test/real/**',
      'test/simulation/planted-bugs.test.ts',
      'tools/faults/test/matrix.test.ts',
      'node_modules/**',
    ],
    globalSetup: 'test/announce-duration.ts',
    // Vitest would leave one core of two idle.
    maxWorkers: '100%',
    // For a hung test, not for a slow machine.
    testTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['{bin,cli,kafka,lambda,lib,tools/local}/**/*.ts'],
      exclude: ['tools/local/test/**'],
      reporter: ['text-summary', 'html'],
      thresholds: {
        'lambda/core/**': { lines: 100, functions: 100, branches: 100, statements: 100 },
        'lambda/*-handler.ts': { lines: 100, functions: 100, branches: 100, statements: 100 },
      },
    },
  },
});
