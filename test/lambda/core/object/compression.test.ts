import { randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { compress, compressionThread } from '../../../../lambda/core/object/compression.ts';

it.each([
  [128, 'main thread'],
  [1768, 'main thread'],
  [1769, 'thread pool'],
  [10_240, 'thread pool'],
  [Number.NaN, 'thread pool'],
] as const)('with %d MiB, bodies are compressed on the %s', (memoryMiB, thread) => {
  expect(compressionThread(memoryMiB)).toBe(thread);
});

it.each([
  ['gzip', gunzipSync],
  ['zstd', zstdDecompressSync],
] as const)(
  '%s: both threads make the same body, even of what no one can compress',
  async (compression, decompress) => {
    for (const length of [0, 1, 16_384, 131_071, 131_072, 3_000_000]) {
      const lines = randomBytes(length);
      const settings = { compression, level: 3 };
      const body = await compress(lines, { ...settings, compressOn: 'main thread' });
      expect(decompress(body).equals(lines), `${length}`).toBe(true);
      const inPool = await compress(lines, { ...settings, compressOn: 'thread pool' });
      expect(inPool.equals(body), `${length}`).toBe(true);
    }
  },
);
