import { LambdaClient } from '@aws-sdk/client-lambda';
import { Admin, Producer } from '@platformatic/kafka';
import { hasApiError, reasonOf } from '../../kafka/client-errors.ts';
import { clientOptions, keepAlive } from '../../kafka/connection.ts';
import { mskIamConnection } from '../../kafka/msk-iam.ts';
import type { Answer } from './step.ts';

/**
 * Runs `exists`, `create-topic`, `delete-topic`, `produce` or `produce-large`. Its arguments begin with the name of
 * the command, `host:port` of brokers with commas between them, and the topic.
 */
export type KafkaTool = (args: readonly string[]) => Promise<Answer>;

/** Larger than an invocation can carry, so the topic accepts larger records than by default. */
const MAX_RECORD_BYTES = 8_000_000;

/** The region of the cluster, and with which credentials to sign in. */
export interface KafkaToolOptions {
  readonly region: string;
  readonly profile: string | undefined;
}

/** Creates the tool. It signs in with MSK IAM, and opens a connection for each call, since calls are minutes apart. */
export function createKafkaTool({ profile, region }: KafkaToolOptions): KafkaTool {
  // The client finds credentials as the AWS CLI does.
  const { credentials } = new LambdaClient({ region, ...(profile !== undefined && { profile }) })
    .config;
  const optionsFor = (brokers: string) =>
    clientOptions(
      mskIamConnection({
        brokers: brokers.split(','),
        identity: async () => ({ region, credentials: await credentials() }),
        now: () => new Date(),
      }),
    );

  async function withAdmin<Result>(
    brokers: string,
    use: (admin: Admin) => Promise<Result>,
  ): Promise<Result> {
    const admin = keepAlive(new Admin(optionsFor(brokers)));
    try {
      return await use(admin);
    } finally {
      await admin.close().catch(() => undefined);
    }
  }

  async function produce(
    brokers: string,
    topic: string,
    records: readonly (readonly [key: string | null, value: string | null])[],
  ): Promise<void> {
    const producer = keepAlive(
      new Producer<Buffer | null, Buffer | null, Buffer, Buffer>({
        ...optionsFor(brokers),
        ...{ idempotent: true, retries: 5, retryDelay: 500 },
      }),
    );
    const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));
    try {
      const messages = records.map(([key, value]) => ({
        ...{ topic, partition: 0, key: bytes(key), value: bytes(value) },
      }));
      await producer.send({ messages });
    } finally {
      await producer.close().catch(() => undefined);
    }
  }

  const commands: Readonly<
    Record<string, (brokers: string, topic: string, argument: string) => Promise<unknown>>
  > = {
    exists: (brokers, topic) =>
      withAdmin(brokers, async (admin) => (await admin.listTopics()).includes(topic)),
    'create-topic': (brokers, topic) =>
      withAdmin(brokers, (admin) =>
        admin.createTopics({
          ...{ topics: [topic], partitions: 1 },
          configs: [{ name: 'max.message.bytes', value: String(MAX_RECORD_BYTES) }],
        }),
      ),
    'delete-topic': (brokers, topic) =>
      withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] })),
    produce: (brokers, topic, records) => produce(brokers, topic, JSON.parse(records)),
    'produce-large': (brokers, topic, size) =>
      produce(brokers, topic, [['large', 'a'.repeat(Number(size))]]),
  };
  /** Errors that mean that an earlier attempt succeeded. */
  const done: Readonly<Record<string, string>> = {
    'create-topic': 'TOPIC_ALREADY_EXISTS',
    'delete-topic': 'UNKNOWN_TOPIC_OR_PARTITION',
  };
  return async ([name = '', brokers = '', topic = '', argument = '']) => {
    try {
      return { ok: true, output: await commands[name]?.(brokers, topic, argument) };
    } catch (error) {
      if (hasApiError(error, done[name] ?? '')) return { ok: true };
      return { ok: false, code: 'KafkaFailed', message: reasonOf(error) };
    }
  };
}
