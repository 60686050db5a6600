import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../../kafka/connection.ts';
import { fillTopic } from '../../local/demo/topic-producer.ts';
import { endOffsets } from '../../local/kafka/kafka-topic.ts';
import { checksumOf } from './judge.ts';
import { orders, PARTITIONS, type ValueSize, valueBytes } from './orders.ts';

/** Milliseconds between looks at a new topic's leaders. */
const LOOK_MS = 50;

/** A topic that every peer reads, as it was filled. */
export interface FilledTopic {
  readonly topic: string;
  readonly size: ValueSize;
  readonly records: number;
  /** Bytes of all values: what every figure per GB is about. */
  readonly valueBytes: number;
  /** CRC-32 of the value of each place in the sequence. */
  readonly checksums: Uint32Array;
}

/** What a group has got to. */
export interface GroupProgress {
  /** Whether its members have been given their partitions. */
  readonly isAssigned: boolean;
  /** Offsets committed, of all partitions together. */
  readonly committed: number;
  /** The one of the partition that has got least far. */
  readonly least: number;
}

/** The harness's own way to the broker: topics and what groups make of them. */
export class Topics {
  readonly #connection: KafkaConnection;
  readonly #admin: Admin;

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
    this.#admin = keepAlive(new Admin({ ...clientOptions(connection), retries: 5 }));
  }

  /** Makes a topic of {@link PARTITIONS}, and returns when all have leaders. */
  async create(topic: string): Promise<void> {
    await this.#admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
    for (;;) {
      const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
      const partitions = topics.get(topic)?.partitions ?? [];
      if (partitions.length === PARTITIONS && partitions.every(({ leader }) => leader >= 0)) return;
      await sleep(LOOK_MS);
    }
  }

  /** Deletes a topic, which makes room for the next. */
  async remove(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /**
   * Makes a topic and fills it with orders, as many as have so many bytes of values in all.
   *
   * @param onProgress told of records produced
   * @throws {KafkaClusterError} when the broker does not take them
   */
  async fill(
    topic: string,
    size: ValueSize,
    { bytes, onProgress, signal }: FillOptions,
  ): Promise<FilledTopic> {
    await this.create(topic);
    const checksums: number[] = [];
    let total = 0;
    // Every record is of about so many bytes: what is over the first that reaches the sum is cut.
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

  /** Records that a topic has by now. */
  async count(topic: string): Promise<number> {
    const ends = await endOffsets(this.#admin, topic);
    return [...ends.values()].reduce((sum, end) => sum + end, 0);
  }

  /** What a group has got to in a topic; nothing for a group that there is not yet. */
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

  /** Ends its connections. */
  async close(): Promise<void> {
    await this.#admin.close();
  }
}

/** How to fill a topic. */
export interface FillOptions {
  /** Of all values. */
  readonly bytes: number;
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
