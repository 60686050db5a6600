import { Admin, type BaseOptions, Producer, stringSerializers } from '@platformatic/kafka';
import { ArchiverError } from '../core/errors.ts';
import type { SampleRecord } from '../core/sample-records.ts';
import type { TrialTopics } from '../trial-handler.ts';

/** How to reach a cluster. */
export type KafkaConnection = Pick<
  BaseOptions,
  'bootstrapBrokers' | 'sasl' | 'tls' | 'tlsServerName'
>;

/** Records that are sent at a time: some tens of KB. */
const BATCH_RECORDS = 500;

/** Milliseconds that connecting, and each request, may take. */
const ANSWER_MS = 10_000;

/** Tries that each batch has after the first, and milliseconds between them. */
const RETRIES = 5;
const RETRY_DELAY_MS = 500;

/** The topics of a cluster, which each call connects to anew: calls are minutes apart, or more. */
export function createTrialTopics(connection: KafkaConnection): TrialTopics {
  const options = {
    ...connection,
    clientId: 'msk-s3-archiver-trial',
    connectTimeout: ANSWER_MS,
    requestTimeout: ANSWER_MS,
  };
  return {
    async create(topics, partitions) {
      // Who calls tries again.
      const admin = keepAlive(new Admin({ ...options, retries: 0 }));
      try {
        // One at a time, so that one that is there does not keep the others from being made.
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
          // What is tried again is not there twice, so that the count is exact.
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
        throw kafkaFailed(`cannot produce into topic '${topic}' after ${produced} records`, error);
      } finally {
        await close(producer);
      }
      return produced;
    },
  };
}

async function createTopic(admin: Admin, topic: string, partitions: number): Promise<void> {
  try {
    // Replicas are the cluster's to decide.
    await admin.createTopics({ topics: [topic], partitions });
  } catch (error) {
    if (causesOf(error).some((cause) => 'apiId' in cause && cause.apiId === EXISTS)) return;
    throw kafkaFailed(`cannot create topic '${topic}'`, error);
  }
}

/** A broker's error, as Kafka's protocol names it. */
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

function kafkaFailed(what: string, error: unknown): ArchiverError {
  const reason = causesOf(error).findLast(({ message }) => message.trim() !== '')?.message;
  const message = `${what}: ${(reason ?? String(error)).trim().replaceAll(/\s+/g, ' ')}`;
  return new ArchiverError('KAFKA_FAILED', message, { retryable: true, cause: error });
}

/** An error and what caused it; of several tries, the last. */
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
 * A client whose broken connections end no process: one that is reset during a SASL handshake says so
 * twice, and the client listens once (@platformatic/kafka 2.12.1). What failed is told to who asked.
 */
function keepAlive<Kafka extends Client>(client: Kafka): Kafka {
  client.connections.on('connecting', ({ connection }) => connection.on('error', () => undefined));
  return client;
}

/** What a client did is done, whether it says goodbye or not. */
async function close(client: { close(): Promise<unknown> }): Promise<void> {
  await client.close().catch(() => undefined);
}
