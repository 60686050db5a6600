import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import type { KafkaConnection } from './connection.ts';
import { TrialError } from './errors.ts';
import type { TrialTopics } from './handler.ts';
import type { SampleRecord } from './sample-records.ts';

/** Records in one request: some tens of KB. */
const BATCH_RECORDS = 500;

/** Timeout of connecting and of each request, in milliseconds. */
const ANSWER_MS = 10_000;

/** Retries of each batch, and milliseconds before each of them. */
const RETRIES = 5;
const RETRY_DELAY_MS = 500;

/** The topics of a cluster. Each call opens a new connection, since calls are minutes apart or more. */
export function createTrialTopics(connection: KafkaConnection): TrialTopics {
  const options = {
    ...connection,
    clientId: 'msk-s3-archiver-trial',
    connectTimeout: ANSWER_MS,
    requestTimeout: ANSWER_MS,
  };
  return {
    async create(topics, partitions) {
      // The caller retries.
      const admin = keepAlive(new Admin({ ...options, retries: 0 }));
      try {
        // One at a time, so that an existing topic does not keep the others from being created.
        for (const topic of topics) await createTopic(admin, topic, partitions);
      } finally {
        await close(admin);
      }
    },

    async produce(topic, records) {
      const producer = keepAlive(
        new Producer({
          ...options,
          serializers: stringSerializers,
          // A retry then adds no duplicate, and the count is exact.
          idempotent: true,
          retries: RETRIES,
          retryDelay: RETRY_DELAY_MS,
        }),
      );
      let produced = 0;
      try {
        for (const batch of batchesOf(records)) {
          const messages = batch.map(({ key, value, timestamp }) => ({
            ...{ topic, key, value, timestamp: BigInt(timestamp) },
          }));
          await producer.send({ messages });
          produced += messages.length;
        }
      } catch (error) {
        throw kafkaFailed(`cannot produce to topic '${topic}' after ${produced} records`, error);
      } finally {
        await close(producer);
      }
      return produced;
    },
  };
}

async function createTopic(admin: Admin, topic: string, partitions: number): Promise<void> {
  try {
    // The cluster decides how many replicas it keeps.
    await admin.createTopics({ topics: [topic], partitions });
  } catch (error) {
    if (causesOf(error).some((cause) => 'apiId' in cause && cause.apiId === EXISTS)) return;
    throw kafkaFailed(`cannot create topic '${topic}'`, error);
  }
}

/** The error of a broker, as Kafka's protocol names it. */
const EXISTS = 'TOPIC_ALREADY_EXISTS';

function* batchesOf(records: Iterable<SampleRecord>): Generator<SampleRecord[]> {
  let batch: SampleRecord[] = [];
  for (const record of records) {
    batch.push(record);
    if (batch.length < BATCH_RECORDS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function kafkaFailed(what: string, error: unknown): TrialError {
  const reason = causesOf(error).findLast(({ message }) => message.trim() !== '')?.message;
  const message = `${what}: ${(reason ?? String(error)).trim().replaceAll(/\s+/g, ' ')}`;
  return new TrialError('KAFKA_FAILED', message, { retryable: true, cause: error });
}

/** An error and its causes; if there were several attempts, the causes of the last one. */
function causesOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  return [error, ...causesOf(error instanceof AggregateError ? error.errors.at(-1) : error.cause)];
}

interface Client {
  readonly connections: {
    on(event: 'connecting', listener: (payload: { connection: Errors }) => void): unknown;
  };
}

interface Errors {
  on(event: 'error', listener: () => void): unknown;
}

/**
 * Keeps a broken connection from ending the process: a connection that is reset during its SASL handshake emits two
 * errors, and the client listens for one (@platformatic/kafka 2.12.1). The caller gets the failure as usual.
 */
function keepAlive<Kafka extends Client>(client: Kafka): Kafka {
  client.connections.on('connecting', ({ connection }) => connection.on('error', () => undefined));
  return client;
}

/** A failure to close changes nothing about what the client did. */
async function close(client: { close(): Promise<unknown> }): Promise<void> {
  await client.close().catch(() => undefined);
}
