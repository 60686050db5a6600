import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import { clientOptions, keepAlive } from '../../../kafka/connection.ts';
import type { Offsets } from '../../../kafka/record.ts';
import type { Poller, Source } from '../mapping/source.ts';
import { KafkaPoller } from './kafka-poller.ts';
import type { KafkaTopicOptions } from './topic-options.ts';

export type { KafkaEvent, KafkaTopicOptions, StartingPosition } from './topic-options.ts';

/** A topic of a Kafka cluster, as the source of an event source mapping. */
export class KafkaTopic implements Source {
  readonly topic: string;
  readonly #options: KafkaTopicOptions;
  readonly #admin: Admin;
  #hasJoined = false;

  constructor(options: KafkaTopicOptions) {
    this.topic = options.topic;
    this.#options = options;
    this.#admin = keepAlive(new Admin(clientOptions(options.connection)));
  }

  /** Resolves when the new member has joined the group. */
  async join(): Promise<Poller> {
    const poller = new KafkaPoller(this.#options);
    await poller.join();
    if (!this.#hasJoined) {
      this.#hasJoined = true;
      const { observe } = this.#options;
      // Do not fail for the sake of a warning.
      const committed = await this.#committed().catch((): Offsets => new Map());
      const partitions = [...committed.keys()];
      if (partitions.length > 0) observe({ type: 'starting position ignored', partitions });
    }
    return poller;
  }

  /**
   * Number of offsets from the group's to the end of the log, by partition; the whole log, if the group
   * has committed none. Not every offset is a record: the marker that ends a transaction has one, too.
   */
  async lag(): Promise<Offsets> {
    const ends = await endOffsets(this.#admin, this.topic);
    const committed = await this.#committed();
    return new Map(
      [...ends].map(([partition, end]) => [
        partition,
        Math.max(0, end - (committed.get(partition) ?? 0)),
      ]),
    );
  }

  /** Closes its connections, after its pollers have left. */
  async close(): Promise<void> {
    await this.#admin.close();
  }

  async #committed(): Promise<Offsets> {
    const { topic, groupId } = this.#options;
    const [group] = await this.#admin.listConsumerGroupOffsets({ groups: [groupId] });
    const listed = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return new Map(
      listed
        .map((each) => [each.partitionIndex, Number(each.committedOffset)] as const)
        .filter(([, offset]) => offset >= 0),
    );
  }
}

/** The end of each partition's log: the offset of its next record. */
export async function endOffsets(admin: Admin, topic: string): Promise<Offsets> {
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
  const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
  const [listed] = await admin.listOffsets({
    topics: [
      {
        name: topic,
        partitions: Array.from({ length: count }, (_, partitionIndex) => ({
          partitionIndex,
          timestamp: ListOffsetTimestamps.LATEST,
        })),
      },
    ],
  });
  return new Map(
    (listed?.partitions ?? [])
      .map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)] as const)
      .sort(([a], [b]) => a - b),
  );
}
