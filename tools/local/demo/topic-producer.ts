import { Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import type { ConsumerRecord } from '../../../kafka/record.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';
import { sizeOf } from '../mapping/take-in-turn.ts';
import type { NewRecord } from './input.ts';
import { explainKafkaError } from './kafka-errors.ts';

/** Bytes of keys and values, and records, that are sent at a time. A broker takes 1 MiB by default. */
const BATCH_BYTES = 512 * 1024;
const BATCH_RECORDS = 1000;
/**
 * Milliseconds between two records of a batch: over 2^31 of them (25 days), the client writes a
 * timestamp that is a few milliseconds off (@platformatic/kafka 2.12.1, dynamic-buffer 0.3.1).
 */
const BATCH_SPAN_MS = 2 ** 30;

/** Tries that the client has for each batch, and milliseconds between them: a broker may restart. */
const RETRIES = 60;
const RETRY_DELAY_MS = 500;

/** A new topic, and what it is filled with. */
export interface TopicFilling {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly records: AsyncIterable<NewRecord>;
}

/**
 * Produces records into a topic that has none, a batch at a time: the next is made when the broker has
 * acknowledged the last, so that memory is bounded.
 *
 * @param onProduced told of each record with the offset that the broker has given it
 * @throws {ArchiverError} `INVALID_SETTINGS` for a record that the broker refuses
 * @throws {KafkaClusterError} when the broker is away for long, or somebody else produces there too
 */
export async function fillTopic(
  { connection, topic, records }: TopicFilling,
  onProduced: (record: ConsumerRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const producer = keepAlive(
    new Producer<Buffer | null, Buffer | null, Buffer, Buffer | null>({
      ...clientOptions(connection),
      // What is tried again is not there twice.
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
          `topic '${topic}', partition ${partition}: offset ${nextOffset(partition)} was due, and ${given.get(partition)} was given: somebody else produces into it`,
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
