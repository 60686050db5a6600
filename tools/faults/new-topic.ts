import { type Admin, Producer } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../kafka/connection.ts';
import { endOffsets } from '../local/kafka/kafka-topic.ts';
import { until } from './world.ts';

/** A topic to create. */
export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicas: number;
}

/** Creates a topic, and waits until the leaders of its partitions respond. */
export async function createTopic(
  admin: Admin,
  { topic, partitions, replicas }: NewTopic,
): Promise<void> {
  await admin.createTopics({ topics: [topic], partitions, replicas });
  const hasLeaders = () =>
    endOffsets(admin, topic).then(
      (ends) => ends.size === partitions,
      () => false,
    );
  await until(hasLeaders, { everyMs: 50 });
}

/** A message to produce. */
export interface NewMessage {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp?: bigint;
}

/** Produces each message once, without retries, which could give a message two offsets. */
export async function produce(
  connection: KafkaConnection,
  messages: readonly NewMessage[],
): Promise<void> {
  const producer = keepAlive(
    new Producer<Buffer | null, Buffer | null, Buffer, Buffer>(clientOptions(connection)),
  );
  await producer.send({ acks: -1, messages: [...messages] });
  await producer.close();
}
