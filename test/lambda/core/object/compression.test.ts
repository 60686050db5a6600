import { expect, it } from 'vitest';
import { compressionThread } from '../../../../lambda/core/object/compression.ts';

it.each([
  [128, 'main thread'],
  [1768, 'main thread'],
  [1769, 'thread pool'],
  [10_240, 'thread pool'],
  [Number.NaN, 'thread pool'],
] as const)('with %d MiB, bodies are compressed on the %s', (memoryMiB, thread) => {
  expect(compressionThread(memoryMiB)).toBe(thread);
});
