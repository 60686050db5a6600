import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';

const [first, second] = ['first\n', 'second\n'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
];

// docs/adr/0006-gzip-stays-the-default.md: if a later Node reads all frames, a reason to forbid them no longer holds.
it('Node reads the first of several zstd frames only, without an error, but every gzip member', () => {
  const frames = Buffer.concat([zstdCompressSync(first), zstdCompressSync(second)]);
  const members = Buffer.concat([gzipSync(first), gzipSync(second)]);
  expect(zstdDecompressSync(frames).toString()).toBe('first\n');
  expect(gunzipSync(members).toString()).toBe('first\nsecond\n');
});
