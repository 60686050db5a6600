import { Buffer } from 'node:buffer';
import { murmur2 } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { defaultPartitionOf } from '../../kafka/partitioner.ts';

/**
 * Hashes that Kafka's own test expects:
 * https://github.com/apache/kafka/blob/trunk/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java
 */
const hashes = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
] as const;

describe("Kafka's default partitioner", () => {
  it.each(hashes)('hashes %s as Kafka does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('is the hash without its sign, modulo the number of partitions', async () => {
    // 0x7fffffff & -973932308 is 1173551340.
    expect(await defaultPartitionOf(Buffer.from('21'), 12)).toBe(1_173_551_340 % 12);
    expect(await defaultPartitionOf(Buffer.from('abc'), 1000)).toBe(107);
    expect(await defaultPartitionOf(Buffer.from('abc'), 1)).toBe(0);
  });
});
