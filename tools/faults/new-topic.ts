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

/** Creates a topic, and returns when its partitions have leaders that answer. */
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
  await until(hasLeaders, { everyMs: 50, withinMs: 30_000 });
}

/** A message of a topic. */
export interface NewMessage {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp?: bigint;
}

/** Produces messages, each once: a client that tries again could give one two offsets. */
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
