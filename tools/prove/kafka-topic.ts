import { join } from 'node:path';
import {
  type Admin,
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  ListOffsetTimestamps,
  Producer,
} from '@platformatic/kafka';
import { clientOptions, type KafkaConnection, keepAlive } from '../../kafka/connection.ts';
import type { BrokerRecord } from '../../lambda/core/audit/broker.ts';
import { type OpenAuditBroker, openAuditBroker } from '../../lambda/io/audit-broker.ts';
import { until } from '../faults/world.ts';
import { endOffsets, KafkaTopic } from '../local/kafka/kafka-topic.ts';
import { systemClock } from '../local/mapping/clock.ts';
import { EventSourceMapping } from '../local/mapping/event-source-mapping.ts';
import { mappingSettings } from '../local/mapping/settings.ts';
import { ArchivedTopic, isWanted, originOf, type TopicTraits } from './archived-topic.ts';
import { PartitionFacts, TopicFacts, type Transaction } from './facts.ts';
import { readLogFiles } from './log-files.ts';

/** The cluster that topics are on. */
export interface KafkaPlace {
  readonly connection: KafkaConnection;
  readonly admin: Admin;
  /** The data folder of its only broker. */
  readonly data: string;
}

/** The only broker of a cluster of one. */
const BROKER_ID = 1;

/** Bytes of a value that no event has room for, since its base64 exceeds the payload limit. */
export const OVERSIZE = 4_750_000;

/** A record to produce. */
export interface KafkaMessage {
  readonly partition: number;
  readonly kind: string;
  readonly key?: string;
  /** Bytes of text in the value besides. @default 0 */
  readonly bytes?: number;
}

/** What a test knows of a record that it produced, by the number in its value. */
interface Produced {
  readonly transaction: Transaction | undefined;
  readonly kind: string;
  readonly isOversize: boolean;
}

type AnyProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

/** What becomes of a batch that the mapping invokes the function with. */
export type BatchFate = 'stored' | 'failed' | 'failed after it was stored';

/** A topic on a real broker, archived by the emulated event source mapping into a bucket in memory. */
export class RealTopic extends ArchivedTopic {
  /** Decides the fate of each batch. */
  fateOf: (records: readonly BrokerRecord[]) => BatchFate = () => 'stored';
  readonly #place: KafkaPlace;
  readonly #produced = new Map<number, Produced>();
  readonly #brokers: OpenAuditBroker[] = [];
  readonly #producers: AnyProducer[] = [];
  readonly #group: string;
  #plain: AnyProducer | undefined;
  #number = 0;

  constructor(traits: TopicTraits, place: KafkaPlace) {
    super(traits, Date.now());
    this.#place = place;
    this.#group = `group-${traits.topic}`;
  }

  get group(): string {
    return this.#group;
  }

  /** Creates the topic at the brokers. */
  async create(configs: Readonly<Record<string, string>> = {}): Promise<void> {
    const { admin } = this.#place;
    const { partitions, topic } = this.traits;
    await admin.createTopics({
      topics: [topic],
      ...{ partitions, replicas: 1 },
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    });
    await this.#waitForLeaders(partitions);
  }

  /** Deletes the topic and creates it again. Its archive and its group stay. */
  async recreate(): Promise<void> {
    await this.#place.admin.deleteTopics({ topics: [this.traits.topic] });
    this.facts = new TopicFacts(this.facts.livesBefore + 1);
    await this.create();
  }

  async addPartition(): Promise<void> {
    const { topic } = this.traits;
    const count = this.facts.partitions.length + 1;
    await this.#place.admin.createPartitions({
      topics: [{ name: topic, count, assignments: [{ brokerIds: [BROKER_ID] }] }],
    });
    await this.#waitForLeaders(count);
  }

  async #waitForLeaders(count: number): Promise<void> {
    const { admin } = this.#place;
    const hasLeaders = () =>
      endOffsets(admin, this.traits.topic).then(
        (ends) => ends.size === count,
        () => false,
      );
    await until(hasLeaders, { everyMs: 50 });
    while (this.facts.partitions.length < count) this.facts.partitions.push(new PartitionFacts());
  }

  /** Produces records outside transactions. */
  async produce(messages: readonly KafkaMessage[]): Promise<void> {
    this.#plain ??= this.#producer({});
    await this.#plain.send({ acks: -1, messages: this.#messages(messages, undefined) });
    await this.learn();
  }

  /** A producer with a transaction at a time. @param timeout milliseconds after which the broker aborts one */
  async transactions(id: string, timeout = 60_000): Promise<TransactionalProducer> {
    // The client would ask for producer 0 of epoch 0.
    const none = { producerId: -1n, producerEpoch: -1 };
    const producer = this.#producer({
      ...{ transactionalId: `${this.traits.topic}-${id}`, idempotent: true, timeout, ...none },
    });
    return {
      begin: async () => {
        const open = await producer.beginTransaction();
        const transaction: Transaction = { outcome: 'open' };
        const end = async (outcome: 'committed' | 'aborted') => {
          const before = this.#marks();
          await (outcome === 'committed' ? open.commit() : open.abort());
          transaction.outcome = outcome;
          await this.#waitForMark(before);
        };
        return {
          send: async (messages) => {
            await open.send({ messages: this.#messages(messages, transaction) });
            await this.learn();
          },
          commit: () => end('committed'),
          abort: () => end('aborted'),
          timeOut: async () => {
            const before = this.#marks();
            transaction.outcome = 'aborted';
            await this.#waitForMark(before);
          },
        };
      },
    };
  }

  #producer(options: object): AnyProducer {
    const producer = keepAlive(
      new Producer<Buffer, Buffer, Buffer, Buffer>({
        ...clientOptions(this.#place.connection),
        retries: 5,
        ...options,
      }),
    );
    this.#producers.push(producer);
    return producer;
  }

  #messages(messages: readonly KafkaMessage[], transaction: Transaction | undefined) {
    return messages.map(({ bytes = 0, key, kind, partition }) => {
      this.#number += 1;
      this.#produced.set(this.#number, { transaction, kind, isOversize: bytes > OVERSIZE });
      const value = { kind, n: this.#number, text: 'x'.repeat(bytes) };
      return {
        ...{ topic: this.traits.topic, partition },
        ...(key !== undefined && { key: Buffer.from(key) }),
        value: Buffer.from(JSON.stringify(value)),
      };
    });
  }

  /** Control batches in all partitions. */
  #marks(): number {
    const files = this.facts.partitions.flatMap((_, partition) => this.#files(partition));
    return files.filter(({ isControl }) => isControl).length;
  }

  /** Waits until the coordinator has written a mark behind every transaction that was decided. */
  async #waitForMark(before: number): Promise<void> {
    await until(() => this.#marks() > before, { everyMs: 20 });
    let settled = -1;
    await until(
      () => {
        const last = settled;
        settled = this.#marks();
        return settled === last;
      },
      { everyMs: 100 },
    );
    await this.learn();
  }

  #files(partition: number) {
    return readLogFiles(join(this.#place.data, `${this.traits.topic}-${partition}`));
  }

  /** Reads the broker's log files, and what the group has committed: what there is now, without a class for anything. */
  async learn(): Promise<void> {
    const begins = await this.#offsets(ListOffsetTimestamps.EARLIEST);
    const committed = await this.#committed();
    for (const [partition, facts] of this.facts.partitions.entries()) {
      const files = this.#files(partition);
      const present = new Set<number>();
      for (const { first, isControl, records } of files) {
        if (isControl) present.add(first);
        for (const { offset } of isControl ? [] : records) present.add(offset);
        if (isControl && first === facts.offsets.length) facts.offsets.push({ kind: 'mark' });
        for (const { offset, value } of isControl ? [] : records) {
          if (offset === facts.offsets.length) facts.offsets.push(this.#factOf(value));
        }
      }
      facts.logStart = begins.get(partition) ?? 0;
      facts.committed = committed.get(partition);
      facts.lastStable = facts.offsets.length;
      facts.removed.clear();
      for (const [offset, fact] of facts.offsets.entries()) {
        if (offset >= facts.logStart && !present.has(offset)) facts.removed.add(offset);
        if (fact.kind === 'record' && fact.transaction?.outcome === 'open') {
          facts.lastStable = Math.min(facts.lastStable, offset);
        }
      }
    }
  }

  #factOf(value: Buffer | null) {
    const { n } = JSON.parse(String(value)) as { n: number };
    const known = this.#produced.get(n);
    if (known === undefined) throw new RangeError(`record ${n} was not produced`);
    const isFiltered = this.traits.isFiltered && !isWanted(known.kind);
    const { isOversize, transaction } = known;
    return { kind: 'record', transaction, isFiltered, isOversize } as const;
  }

  async #offsets(timestamp: bigint): Promise<ReadonlyMap<number, number>> {
    const { topic } = this.traits;
    const partitions = this.facts.partitions.map((_, partitionIndex) => ({
      partitionIndex,
      timestamp,
    }));
    const [listed] = await this.#place.admin.listOffsets({ topics: [{ name: topic, partitions }] });
    return new Map(
      (listed?.partitions ?? []).map(({ offset, partitionIndex }) => [
        partitionIndex,
        Number(offset),
      ]),
    );
  }

  async #committed(): Promise<ReadonlyMap<number, number>> {
    const groups = await this.#place.admin
      .listConsumerGroupOffsets({ groups: [this.#group] })
      .catch(() => []);
    const topic = groups[0]?.topics.find(({ name }) => name === this.traits.topic);
    return new Map(
      (topic?.partitions ?? [])
        .map((each) => [each.partitionIndex, Number(each.committedOffset)] as const)
        .filter(([, offset]) => offset >= 0),
    );
  }

  /** Archives everything that is committed, with the emulated mapping and its group. */
  async archive(batchSize: number): Promise<void> {
    const { connection } = this.#place;
    const { topic } = this.traits;
    const source = new KafkaTopic({
      ...{ connection, topic, groupId: this.#group, startingPosition: 'earliest' },
      sessionTimeoutMs: 6000,
      observe: () => undefined,
    });
    const mapping = new EventSourceMapping({
      source,
      origin: originOf(this.traits),
      settings: mappingSettings({
        ...{ mode: 'provisioned', batchSize, batchWindow: 0, retryDelayMs: 1 },
        maximumRetryAttempts: 0,
      }),
      clock: systemClock,
      observe: () => undefined,
      invoke: async (event) => this.#invoke(event),
      onFailure: async ({ condition, records }) => {
        const given = this.filtered(records.map(({ record }) => record));
        if (given.length > 0) this.fail(given, condition);
      },
    });
    const running = mapping.run();
    await until(() => this.#isArchived(), { everyMs: 100 });
    mapping.stop();
    await running;
    await source.close();
    await this.learn();
  }

  async #invoke(event: string) {
    const records = this.filtered(recordsOf(event));
    const fate = this.fateOf(records);
    if (fate !== 'failed') await this.store(records);
    return fate === 'stored'
      ? ({ kind: 'returned', payload: 'null' } as const)
      : ({ kind: 'failed', errorType: 'Planned' } as const);
  }

  /** Whether the group is behind the last record that it can read. */
  async #isArchived(): Promise<boolean> {
    const committed = await this.#committed();
    return this.facts.partitions.every(({ lastStable, logStart, offsets, removed }, partition) => {
      const last = offsets.findLastIndex((fact, offset) => {
        const isRead = fact.kind === 'record' && fact.transaction?.outcome !== 'aborted';
        return isRead && offset < lastStable && offset >= logStart && !removed.has(offset);
      });
      return (committed.get(partition) ?? 0) > last;
    });
  }

  /** Moves the group, which has no members. */
  async reset(partition: number, to: number, isNoted: boolean): Promise<void> {
    await this.#place.admin.alterConsumerGroupOffsets({
      groupId: this.#group,
      topics: [{ name: this.traits.topic, partitionOffsets: [{ partition, offset: BigInt(to) }] }],
    });
    await this.noteReset(partition, to, isNoted);
  }

  async deleteBelow(partition: number, offset: number): Promise<void> {
    await this.#place.admin.deleteRecords({
      topics: [{ name: this.traits.topic, partitions: [{ partition, offset: BigInt(offset) }] }],
    });
    await this.learn();
  }

  /** Sets a setting of the topic. */
  async configure(name: string, value: string): Promise<void> {
    await this.#place.admin.incrementalAlterConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: this.traits.topic,
          configs: [{ name, configOperation: IncrementalAlterConfigOperationTypes.SET, value }],
        },
      ],
    });
  }

  /** Waits until the broker has changed the topic, and does not change it any more. */
  async settle(isChanged: () => boolean): Promise<void> {
    let last = '';
    await until(
      async () => {
        await this.learn();
        const now = JSON.stringify(
          this.facts.partitions.map(({ logStart, removed }) => [logStart, ...removed]),
        );
        const isSettled = now === last;
        last = now;
        return isSettled && isChanged();
      },
      { everyMs: 1000 },
    );
  }

  broker(): OpenAuditBroker {
    const { connection } = this.#place;
    const broker = openAuditBroker({ connection, topic: this.traits.topic, group: this.#group });
    this.#brokers.push(broker);
    return broker;
  }

  async close(): Promise<void> {
    for (const broker of this.#brokers) await broker.close();
    // A transaction that timed out cannot be ended.
    for (const producer of this.#producers) await producer.close(true);
  }
}

/** A producer that begins one transaction after another. */
export interface TransactionalProducer {
  begin(): Promise<{
    send(messages: readonly KafkaMessage[]): Promise<void>;
    commit(): Promise<void>;
    abort(): Promise<void>;
    /** Leaves it to the broker, which aborts it. */
    timeOut(): Promise<void>;
  }>;
}

interface EventRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: BrokerRecord['timestampType'];
  readonly key?: string | null;
  readonly value?: string | null;
}

/** The records of an event; producers here write no headers. */
function recordsOf(event: string): BrokerRecord[] {
  const { records } = JSON.parse(event) as { records: Record<string, readonly EventRecord[]> };
  const bytesOf = (text?: string | null) => (text ? Buffer.from(text, 'base64') : null);
  return Object.values(records)
    .flat()
    .map(({ key, value, ...record }) => ({
      ...record,
      key: bytesOf(key),
      value: bytesOf(value),
      headers: [],
    }));
}
