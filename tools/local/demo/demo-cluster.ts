import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, FetchIsolationLevels, ListOffsetTimestamps } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import { partitionCounts } from '../../../kafka/partition-counts.ts';
import type { ConsumerRecord, Offsets } from '../../../kafka/record.ts';
import { ArchiverError } from '../../../lambda/core/errors.ts';
import { type KafkaEvent, KafkaTopic } from '../kafka/kafka-topic.ts';
import { KafkaClusterError } from '../kafka-cluster/errors.ts';
import { BoundedTopic } from './bounded-topic.ts';
import { type DemoTopic, demoOrigin } from './demo-topic.ts';
import type { NewRecord } from './input.ts';
import { explainKafkaError } from './kafka-errors.ts';
import { fillTopic } from './topic-producer.ts';
import { readTopic } from './topic-reader.ts';

/** How to create missing topics. */
export interface NewTopics {
  readonly partitions: number;
  /** The records for each of them. */
  readonly records: () => AsyncIterable<NewRecord>;
}

/** Observes events of a topic. */
export type ObserveTopic = (topic: string, event: KafkaEvent) => void;

/** Milliseconds to wait for the leaders of a new topic, and between checks. */
const LEADERS_MS = 30_000;
const LOOK_MS = 50;

/** Milliseconds. Short, as a poller joins at the next heartbeat of the others. */
const SESSION_TIMEOUT_MS = 10_000;

/** Replicas of a new topic, if there are enough brokers. */
const MOST_REPLICAS = 3;

/** Where an existing topic begins and ends. */
interface Extent {
  readonly starts: Offsets;
  readonly ends: Offsets;
}

/** The topics of a run with a real broker. */
export class DemoCluster {
  readonly #connection: KafkaConnection;
  readonly #admin: Admin;
  /** By name; undefined for missing topics. */
  readonly #extents = new Map<string, Extent | undefined>();
  readonly #sources: KafkaTopic[] = [];
  readonly #groups: string[] = [];

  private constructor(connection: KafkaConnection) {
    this.#connection = connection;
    this.#admin = keepAlive(new Admin(clientOptions(connection)));
  }

  /**
   * Connects, and checks which topics exist. Changes nothing.
   *
   * @throws {ArchiverError} `KAFKA_FAILED` or `INVALID_SETTINGS` if no broker can be reached, a broker
   *   refuses, or an existing topic has no records
   */
  static async connect(
    connection: KafkaConnection,
    topics: readonly string[],
  ): Promise<DemoCluster> {
    const partitions = await partitionCounts(connection, topics);
    const cluster = new DemoCluster(connection);
    try {
      for (const topic of topics) await cluster.#look(topic, partitions.get(topic));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw unusable(error, 'cannot read the topics');
    }
  }

  /**
   * Creates the missing topics. Each topic that it returns has its own consumer group.
   *
   * @throws {ArchiverError} `INVALID_SETTINGS` if the brokers refuse
   */
  async open(created: NewTopics, observe: ObserveTopic): Promise<DemoTopic[]> {
    for (const [topic, extent] of this.#extents) {
      if (extent === undefined) await this.#create(topic, created.partitions);
    }
    const run = randomUUID();
    return [...this.#extents].map(([topic, extent]) => {
      const groupId = `msk-s3-archiver-demo-${run}-${topic}`;
      const place = {
        connection: this.#connection,
        topic,
        observe: (event: KafkaEvent) => observe(topic, event),
      };
      const whole = new KafkaTopic({
        ...place,
        groupId,
        startingPosition: 'earliest',
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
      });
      this.#groups.push(groupId);
      this.#sources.push(whole);
      const source = new BoundedTopic(whole, extent?.ends);
      return {
        source,
        origin: demoOrigin(topic, this.#connection.brokers.join(',')),
        isFound: extent !== undefined,
        description: extent
          ? `topic '${topic}' exists: archiving it as it is`
          : `topic '${topic}' is new: creating it with ${created.partitions} partitions, filling and archiving it`,
        learn: async (expect, signal) => {
          const learn = (record: ConsumerRecord) => {
            expect({ ...record, topic });
            source.expect(record.partition, record.offset);
          };
          if (extent) await readTopic({ ...place, ...extent }, learn, signal);
          else await fillTopic({ ...place, records: created.records() }, learn, signal);
          if (signal.aborted) return;
          if (source.isEmpty) throw empty(topic);
          source.complete();
        },
        lag: () => source.lag(),
      };
    });
  }

  /** Deletes the run's groups, if permitted, and closes the connections. The topics remain. */
  async close(): Promise<void> {
    await Promise.allSettled(
      this.#groups.map((group) => this.#admin.deleteGroups({ groups: [group] })),
    );
    await Promise.all(this.#sources.map((source) => source.close()));
    await this.#admin.close();
  }

  async #look(topic: string, partitions: number | undefined): Promise<void> {
    if (partitions === undefined) {
      this.#extents.set(topic, undefined);
      return;
    }
    const starts = await this.#offsets(topic, partitions, ListOffsetTimestamps.EARLIEST);
    const ends = await this.#offsets(topic, partitions, ListOffsetTimestamps.LATEST);
    const isEmpty = [...starts].every(([partition, start]) => start >= (ends.get(partition) ?? 0));
    if (isEmpty) throw empty(topic);
    this.#extents.set(topic, { starts, ends });
  }

  /** Offsets for readers of committed records: records of open transactions are excluded. */
  async #offsets(name: string, count: number, timestamp: bigint): Promise<Offsets> {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp,
    }));
    const [listed] = await this.#admin.listOffsets({
      topics: [{ name, partitions }],
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    });
    const offsets = listed?.partitions ?? [];
    return new Map(offsets.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]));
  }

  async #create(topic: string, partitions: number): Promise<void> {
    try {
      const { brokers } = await this.#admin.metadata({ topics: [] });
      await this.#admin.createTopics({
        topics: [topic],
        partitions,
        replicas: Math.min(brokers.size, MOST_REPLICAS),
        // Records may have any timestamp, and any key or none.
        configs: [
          { name: 'retention.ms', value: '-1' },
          { name: 'cleanup.policy', value: 'delete' },
          // The verdict compares timestamps, too, so the brokers' own may not replace them.
          { name: 'message.timestamp.type', value: 'CreateTime' },
        ],
      });
      await this.#awaitLeaders(topic, partitions);
    } catch (error) {
      throw unusable(error, `cannot create topic '${topic}'`);
    }
  }

  /** Not every broker knows a new topic at once. */
  async #awaitLeaders(topic: string, count: number): Promise<void> {
    const end = Date.now() + LEADERS_MS;
    const look = async () => {
      const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
      const partitions = topics.get(topic)?.partitions ?? [];
      return partitions.length === count && partitions.every(({ leader }) => leader >= 0);
    };
    while (!(await look().catch(() => false))) {
      if (Date.now() > end) {
        throw new KafkaClusterError(
          `topic '${topic}' was created, but its partitions have no leaders`,
        );
      }
      await sleep(LOOK_MS);
    }
  }
}

function unusable(error: unknown, doing: string): unknown {
  const explained = explainKafkaError(error, doing);
  if (!(explained instanceof KafkaClusterError)) return explained;
  return new ArchiverError('INVALID_SETTINGS', explained.message, { cause: error });
}

function empty(topic: string): ArchiverError {
  const message = `topic '${topic}' has no records: produce some, or name a topic that does not exist`;
  return new ArchiverError('INVALID_SETTINGS', message);
}
