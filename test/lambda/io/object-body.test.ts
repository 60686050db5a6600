import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompressTogether, smallGzipSize } from '../../../lambda/io/object-body.ts';

const stored = (body: Buffer | Readable) => ({ body, versionId: undefined, metadata: undefined });
const texts = ['{"a":1}\n', '{"b":2}\n{"b":3}\n', '{"c":4}'];
const whole = gzipSync('{}\n');
const gzipped = texts.map((text) => gzipSync(text));

describe('small gzip objects', () => {
  it('are decompressed together', async () => {
    expect(gzipped.map((body) => smallGzipSize(stored(body)))).toEqual([8, 16, 7]);
    expect(`${await decompressTogether(gzipped.map(stored))}`).toBe(texts.join(''));
  });

  it.each([
    ['lacks bytes', Buffer.concat([whole.subarray(0, -12), whole.subarray(-8)])],
    ['is followed by other bytes', Buffer.concat([whole, Buffer.of(1, 2, 3, 9, 0, 0, 0)])],
    ['is followed by zeros and a size', Buffer.concat([whole, Buffer.of(0, 0, 0, 9, 0, 0, 0)])],
    ['has two members', Buffer.concat([whole, whole])],
  ])('are decompressed alone if one %s', async (_, body) => {
    expect(smallGzipSize(stored(body))).toBeGreaterThan(0);
    const [first, second] = gzipped as [Buffer, Buffer];
    expect(await decompressTogether([first, body, second].map(stored))).toBeUndefined();
  });

  it.each([
    ['another compression', zstdCompressSync('{}\n'.repeat(9))],
    ['no content', gzipSync('')],
    ['an early end', whole.subarray(0, -5)],
    ['zeros at the end', Buffer.concat([whole, Buffer.alloc(4)])],
    ['fewer bytes than a gzip file', Buffer.of(0x1f, 0x8b)],
    ['more than a block of content', gzipSync(Buffer.alloc(1024 * 1024 + 1))],
    ['a stream for a body', Readable.from([])],
  ])('are not those with %s', (_, body) => {
    expect(smallGzipSize(stored(body))).toBeUndefined();
  });
});
