import type { Buffer } from 'node:buffer';

/**
 * Returns the partition that the default partitioner of Kafka's Java client gives a record with this key. Producers with
 * another partitioner, such as librdkafka's default, and records that were written before a topic got more partitions
 * are in others. https://kafka.apache.org/documentation/#producerconfigs_partitioner.class
 *
 * @param partitions number of partitions of the topic
 */
export async function defaultPartitionOf(key: Buffer, partitions: number): Promise<number> {
  // Loading the client takes longer than most commands that do not need it.
  const { murmur2 } = await import('@platformatic/kafka');
  return (murmur2(key) & 0x7fff_ffff) % partitions;
}
