import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import { fillTopic } from '../../local/demo/topic-producer.ts';
import { checksumOf } from './judge.ts';
import { orders, PARTITIONS, type ValueSize, valueBytes } from './orders.ts';

/** Milliseconds between two polls for the leaders of a new topic. */
const POLL_MS = 50;

/** A filled topic, which every peer reads. */
export interface FilledTopic {
  readonly topic: string;
  readonly size: ValueSize;
  readonly records: number;
  /** Bytes of all values, to which every figure per GB refers. */
  readonly valueBytes: number;
  /** CRC-32 of the values, by sequence number. */
  readonly checksums: Uint32Array;
}

/** The progress of a consumer group. */
export interface GroupProgress {
  /** Whether its members have been assigned their partitions. */
  readonly isAssigned: boolean;
  /** The sum of the committed offsets of all partitions. */
  readonly committed: number;
  /** The committed offset of the partition furthest behind. */
  readonly least: number;
}

/** Creates and fills topics, and reads the progress of groups. */
export class Topics {
  readonly #connection: KafkaConnection;
  readonly #admin: Admin;

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
    this.#admin = keepAlive(new Admin({ ...clientOptions(connection), retries: 5 }));
  }

  /** Creates a topic of {@link PARTITIONS}, and waits until all have leaders. */
  async create(topic: string): Promise<void> {
    await this.#admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
    for (;;) {
      const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
      const partitions = topics.get(topic)?.partitions ?? [];
      if (partitions.length === PARTITIONS && partitions.every(({ leader }) => leader >= 0)) return;
      await sleep(POLL_MS);
    }
  }

  /** Deletes a topic, to free its disk space. */
  async remove(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /**
   * Creates a topic and fills it with orders whose values have `bytes` bytes in total.
   *
   * @throws {KafkaClusterError} if the broker refuses them
   */
  async fill(
    topic: string,
    size: ValueSize,
    { bytes, onProgress, signal }: FillOptions,
  ): Promise<FilledTopic> {
    await this.create(topic);
    const checksums: number[] = [];
    let total = 0;
    // More than enough records; the first that reaches the sum is the last.
    const most = Math.ceil((bytes / valueBytes[size]) * 2);
    const records = takeBytes(orders(most, valueBytes[size], Date.now()), bytes);
    await fillTopic(
      { connection: this.#connection, topic, records },
      ({ value }) => {
        if (value === null) return;
        checksums.push(checksumOf(value));
        total += value.length;
        onProgress(checksums.length);
      },
      signal,
    );
    return {
      ...{ topic, size, records: checksums.length, valueBytes: total },
      checksums: Uint32Array.from(checksums),
    };
  }

  /** A group's progress in a topic; all zero for a group that does not exist yet. */
  async progress(group: string, topic: string): Promise<GroupProgress> {
    const [groups, offsets] = await Promise.all([
      this.#admin.describeGroups({ groups: [group] }),
      this.#admin.listConsumerGroupOffsets({ groups: [group] }),
    ]);
    const described = groups.get(group);
    const partitions = offsets[0]?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    const committed = partitions.map((each) => Math.max(0, Number(each.committedOffset)));
    return {
      isAssigned: described?.state.toLowerCase() === 'stable' && described.members.size > 0,
      committed: committed.reduce((sum, each) => sum + each, 0),
      least: committed.length < PARTITIONS ? 0 : Math.min(...committed),
    };
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    await this.#admin.close();
  }
}

/** How a topic is filled. */
export interface FillOptions {
  /** Bytes of all values. */
  readonly bytes: number;
  /** Receives the number of records produced so far. */
  readonly onProgress: (records: number) => void;
  readonly signal: AbortSignal;
}

async function* takeBytes<Item extends { readonly value: Uint8Array | null }>(
  records: AsyncIterable<Item>,
  bytes: number,
): AsyncGenerator<Item> {
  let taken = 0;
  for await (const record of records) {
    yield record;
    taken += record.value?.length ?? 0;
    if (taken >= bytes) return;
  }
}
