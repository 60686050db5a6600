import { Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import type { ConsumerRecord } from '../../../kafka/record.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';
import { sizeOf } from '../mapping/take-in-turn.ts';
import type { NewRecord } from './input.ts';
import { explainKafkaError } from './kafka-errors.ts';

/** Bytes of keys and values, and records, per request. A broker accepts 1 MiB by default. */
const BATCH_BYTES = 512 * 1024;
const BATCH_RECORDS = 1000;
/**
 * Maximum milliseconds between two records of a batch: beyond 2^31 (25 days), the client writes a
 * timestamp that is off by a few milliseconds (@platformatic/kafka 2.12.1, dynamic-buffer 0.3.1).
 */
const BATCH_SPAN_MS = 2 ** 30;

/** Retries of each batch, and milliseconds between them: a broker may restart. */
const RETRIES = 60;
const RETRY_DELAY_MS = 500;

/** A new topic and its records. */
export interface TopicFilling {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly records: AsyncIterable<NewRecord>;
}

/**
 * Produces records into an empty topic. Each batch is built after the broker has acknowledged the
 * previous one, so memory is bounded.
 *
 * @param onProduced called with each record and its offset
 * @throws {ArchiverError} `INVALID_SETTINGS` for a record that the broker refuses
 * @throws {KafkaClusterError} if the broker is unavailable for long, or another producer uses the topic
 */
export async function fillTopic(
  { connection, topic, records }: TopicFilling,
  onProduced: (record: ConsumerRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const producer = keepAlive(
    new Producer<Buffer | null, Buffer | null, Buffer, Buffer | null>({
      ...clientOptions(connection),
      // A retry does not produce duplicates.
      idempotent: true,
      retries: RETRIES,
      retryDelay: RETRY_DELAY_MS,
    }),
  );
  const nextOffsets = new Map<number, number>();
  const close = () => producer.close(true).catch(() => undefined);
  signal.addEventListener('abort', close);
  const nextOffset = (partition: number) => nextOffsets.get(partition) ?? 0;
  try {
    for await (const batch of batchesOf(records)) {
      if (signal.aborted) return;
      const messages = batch.map((record) => toMessage(record, topic));
      const { offsets = [] } = await producer.send({ messages });
      const given = new Map(offsets.map(({ partition, offset }) => [partition, Number(offset)]));
      const wrong = batch.find(({ partition }) => given.get(partition) !== nextOffset(partition));
      if (wrong !== undefined) {
        const { partition } = wrong;
        throw new KafkaClusterError(
          `topic '${topic}', partition ${partition}: expected offset ${nextOffset(partition)}, got ${given.get(partition)}: another producer uses the topic`,
        );
      }
      for (const record of batch) {
        const offset = nextOffset(record.partition);
        nextOffsets.set(record.partition, offset + 1);
        onProduced({ ...record, offset });
      }
    }
  } catch (error) {
    throw explainKafkaError(error, `cannot produce into topic '${topic}'`);
  } finally {
    signal.removeEventListener('abort', close);
    await close();
  }
}

async function* batchesOf(records: AsyncIterable<NewRecord>): AsyncGenerator<NewRecord[]> {
  let batch: NewRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    const size = sizeOf(record);
    const span = Math.abs(record.timestamp - (batch[0] ?? record).timestamp);
    const isFull = batch.length === BATCH_RECORDS || bytes + size > BATCH_BYTES;
    if (batch.length > 0 && (isFull || span > BATCH_SPAN_MS)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function toMessage({ partition, timestamp, key, value, headers }: NewRecord, topic: string) {
  return {
    topic,
    partition,
    timestamp: BigInt(timestamp),
    key,
    value,
    headers: new Map(headers.map((header) => [Buffer.from(header.name), header.value] as const)),
  };
}
