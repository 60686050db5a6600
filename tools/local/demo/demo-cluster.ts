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

/** What becomes of topics that are not there. */
export interface NewTopics {
  readonly partitions: number;
  /** What each is filled with. */
  readonly records: () => AsyncIterable<NewRecord>;
}

/** What happened to a topic, for whoever watches. */
export type ObserveTopic = (topic: string, event: KafkaEvent) => void;

/** Milliseconds that the leaders of a new topic are waited for, and between looks. */
const LEADERS_MS = 30_000;
const LOOK_MS = 50;

/** Milliseconds. A poller joins at the next heartbeat of the others, of which a session has some. */
const SESSION_TIMEOUT_MS = 10_000;

/** As many as the brokers allow, up to what is usual. */
const MOST_REPLICAS = 3;

/** Where records of a topic that is there begin and end. */
interface Extent {
  readonly starts: Offsets;
  readonly ends: Offsets;
}

/** The topics of a run over a real broker. */
export class DemoCluster {
  readonly #connection: KafkaConnection;
  readonly #admin: Admin;
  /** By name; of those that are not there, nothing. */
  readonly #extents = new Map<string, Extent | undefined>();
  readonly #sources: KafkaTopic[] = [];
  readonly #groups: string[] = [];

  private constructor(connection: KafkaConnection) {
    this.#connection = connection;
    this.#admin = keepAlive(new Admin(clientOptions(connection)));
  }

  /**
   * Looks which of the topics are there. Changes nothing.
   *
   * @throws {ArchiverError} `INVALID_SETTINGS` when no broker can be reached, or one refuses, or a
   *   topic that is there has no records
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
      throw unusable(error, 'cannot look at the topics');
    }
  }

  /**
   * Makes the topics that are not there; what it returns is read by a group of its own.
   *
   * @throws {ArchiverError} `INVALID_SETTINGS` when the brokers refuse to
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
          ? `topic '${topic}' is there already: archived as it is`
          : `topic '${topic}' is new: made with ${created.partitions} partitions, filled and archived`,
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

  /** Deletes the run's groups, if the brokers let it, and ends the connections. Topics stay. */
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

  /** For those who read what is committed: what an open transaction has written is not there yet. */
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
        // Records may be of any time, and have any key or none.
        configs: [
          { name: 'retention.ms', value: '-1' },
          { name: 'cleanup.policy', value: 'delete' },
        ],
      });
      await this.#awaitLeaders(topic, partitions);
    } catch (error) {
      throw unusable(error, `cannot create topic '${topic}'`);
    }
  }

  /** Not every broker knows at once of a topic that was created. */
  async #awaitLeaders(topic: string, count: number): Promise<void> {
    const end = Date.now() + LEADERS_MS;
    const look = async () => {
      const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
      const partitions = topics.get(topic)?.partitions ?? [];
      return partitions.length === count && partitions.every(({ leader }) => leader >= 0);
    };
    while (!(await look().catch(() => false))) {
      if (Date.now() > end) {
        throw new KafkaClusterError(`topic '${topic}' was created, but has no leaders`);
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
  const message = `topic '${topic}' has no records: produce some, or name one that is not there`;
  return new ArchiverError('INVALID_SETTINGS', message);
}
