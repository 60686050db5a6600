import { vi } from 'vitest';

/**
 * Repeats an assertion until it passes. The limit is for a hung test, not for a slow machine: it is
 * just below the timeout of a test.
 */
export function eventually<T>(assertion: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertion, { timeout: 25_000, interval: 10 });
}
