import { failedBatchEntry } from '../local/mapping/on-failure.ts';
import type { DiscardCondition } from '../local/mapping/retry-policy.ts';
import { type EventOrigin, toBatchRecord, toEventJson } from '../../kafka/mapping-event.ts';
import type { Compression, ObjectForm, TimeFolder } from '../../lambda/contract.ts';
import type { BrokerRecord } from '../../lambda/core/audit/broker.ts';
import type { ObjectStore } from '../../lambda/core/ports.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import { MemoryFailedBatches } from './failed-batches.ts';
import { PartitionFacts, placeOf, TopicFacts, type Transaction } from './facts.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { MemoryLog, type NewRecord, type Remains, type Writer } from './memory-log.ts';

/** What a simulated topic and its archive are like. */
export interface TopicTraits {
  readonly topic: string;
  readonly partitions: number;
  readonly isCompacted: boolean;
  /** Whether the mapping has a filter: {@link FILTERS}. */
  readonly isFiltered: boolean;
  readonly objectOf: ObjectForm;
  readonly timeFolder: TimeFolder;
  readonly compression: Compression;
  readonly objectPrefix: string;
}

/** The filter of a topic with filters: {@link isWanted} says the same. */
export const FILTERS: readonly Readonly<Record<string, unknown>>[] = [
  { value: { kind: ['order', { prefix: 'sale-' }] } },
];

/** Whether the kind of a record passes {@link FILTERS}. */
export function isWanted(kind: string): boolean {
  return kind === 'order' || kind.startsWith('sale-');
}

/** A reset of the group by the command that notes it. */
export interface ResetNote {
  readonly partition: number;
  /** Offset of the group before and after. */
  readonly from: number;
  readonly to: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A batch that was stored, to store it again in part. */
export interface StoredBatch {
  readonly records: readonly BrokerRecord[];
  readonly keys: readonly string[];
}

/** The value of a record over the payload limit, shared, since none of them is ever stored. */
const OVERSIZE = Buffer.from(`{"kind":"order","text":"${'x'.repeat(6_500_000)}"}`);

const calls = { signal: new AbortController().signal, attemptTimeout: 60_000 };

/**
 * A topic, the mapping that archives it and its archive, in memory. Each of its methods notes in `facts` what it does; only
 * the objects are written by the product, with its own plan.
 */
export class SimulatedTopic {
  readonly traits: TopicTraits;
  bucket = new MemoryBucket();
  readonly failedBatches = new MemoryFailedBatches();
  readonly ledger = new MemoryLedger();
  readonly resets: ResetNote[] = [];
  readonly stored: StoredBatch[] = [];
  logs: MemoryLog[] = [];
  facts = new TopicFacts();
  topicId: string;
  /** Epoch milliseconds. */
  now: number;
  #ids = 0;

  constructor(traits: TopicTraits, now: number) {
    this.traits = traits;
    this.now = now;
    this.topicId = this.#id();
    this.addPartitions(traits.partitions);
  }

  /** Deletes the topic and creates it again. Its archive stays, and its group is forgotten. */
  recreate(): void {
    const { length } = this.logs;
    this.logs = [];
    this.facts = new TopicFacts();
    this.topicId = this.#id();
    this.addPartitions(length);
  }

  addPartitions(count: number): void {
    for (let added = 0; added < count; added += 1) {
      this.logs.push(new MemoryLog(this.logs.length));
      this.facts.partitions.push(new PartitionFacts());
    }
  }

  /** Appends records, each of a kind that the filter knows or not. */
  produce(
    partition: number,
    records: readonly (NewRecord & { readonly kind: string })[],
    writer: Writer & { readonly transaction?: Transaction },
  ): void {
    this.log(partition).append(
      records.map(({ kind: _, ...record }) => record),
      writer,
    );
    const { offsets } = this.factsOf(partition);
    for (const { kind } of records) {
      const isFiltered = this.traits.isFiltered && !isWanted(kind);
      offsets.push({ kind: 'record', transaction: writer.transaction, isFiltered });
    }
    this.#settle();
  }

  /** Ends a transaction in every partition that it has records in. */
  endTransaction(
    producerId: bigint,
    transaction: Transaction,
    control: 'commit' | 'abort',
  ): void {
    for (const log of this.logs) {
      const offset = log.endTransaction(producerId, control);
      if (offset !== undefined) this.factsOf(log.partition).offsets.push({ kind: 'mark' });
    }
    transaction.outcome = control === 'commit' ? 'committed' : 'aborted';
    this.#settle();
  }

  deleteBelow(partition: number, offset: number): void {
    this.log(partition).deleteBelow(offset);
    this.#settle();
  }

  compactBelow(partition: number, offset: number, remains: Remains): void {
    const { offsets, removed } = this.factsOf(partition);
    const isAborted = (each: number) => {
      const fact = offsets[each];
      return fact?.kind === 'record' && fact.transaction?.outcome === 'aborted';
    };
    for (const each of this.log(partition).compactBelow(offset, remains, isAborted)) removed.add(each);
  }

  removeMarksBelow(partition: number, offset: number): void {
    const { removed } = this.factsOf(partition);
    for (const each of this.log(partition).removeMarksBelow(offset)) removed.add(each);
  }

  /** Moves the group. */
  reset(partition: number, to: number, isNoted: boolean): void {
    const facts = this.factsOf(partition);
    const from = facts.committed ?? facts.start;
    facts.committed = to;
    if (isNoted) this.resets.push({ partition, from, to, at: this.now });
    for (let offset = from; isNoted && offset < to; offset += 1) facts.skipped.add(offset);
    // The group reads them again.
    for (let offset = to; offset < from; offset += 1) facts.skipped.delete(offset);
  }

  /** The next records that the mapping reads, without those that it never delivers. */
  read(partition: number, count: number): readonly BrokerRecord[] {
    const { committed, offsets, start } = this.factsOf(partition);
    const log = this.log(partition);
    const from = Math.max(committed ?? start, log.logStart);
    return log.batches
      .flatMap(({ records }) => records)
      .filter(({ offset }) => {
        const fact = offsets[offset];
        const isAborted = fact?.kind === 'record' && fact.transaction?.outcome === 'aborted';
        return offset >= from && offset < log.lastStable && !isAborted;
      })
      .slice(0, count);
  }

  /** The records of a batch that the filters let through. */
  filtered(records: readonly BrokerRecord[]): readonly BrokerRecord[] {
    return records.filter(({ offset, partition }) => {
      const fact = this.factsOf(partition).offsets[offset];
      return fact?.kind === 'record' && !fact.isFiltered;
    });
  }

  /** Commits what was read, and sometimes the control batches and aborted records behind it. */
  commit(records: readonly BrokerRecord[], isFurther: boolean): void {
    for (const [partition, list] of Map.groupBy(records, (record) => record.partition)) {
      let offset = Math.max(...list.map((record) => record.offset)) + 1;
      if (isFurther) {
        const facts = this.factsOf(partition);
        facts.committed = offset;
        offset = this.read(partition, 1)[0]?.offset ?? facts.lastStable;
      }
      this.factsOf(partition).committed = offset;
    }
  }

  /** Stores a batch as the functions do. */
  async store(records: readonly BrokerRecord[]): Promise<void> {
    if (records.length === 0) return;
    const keys = await deliver(records, this.traits, this.bucket);
    this.stored.push({ records, keys });
  }

  /** Writes a failed batch into its bucket. @returns its key */
  fail(records: readonly BrokerRecord[], condition: DiscardCondition): string {
    const id = this.#id();
    const origin = originOf(this.traits);
    const text = failedBatchEntry(
      { condition, records: records.map((record) => toBatchRecord(record, origin)), invokes: 11 },
      { origin, functionArn: 'arn:aws:lambda:eu-west-1:1:function:f', requestId: id, now: this.now },
    );
    const key = `aws/lambda/mapping/${this.traits.topic}-0/${id}`;
    this.failedBatches.add(key, text, this.now);
    this.facts.failed.push({
      state: 'waiting',
      isOversize: condition === 'MaximumPayloadSizeExceeded',
      places: new Set(records.map(({ offset, partition }) => placeOf(partition, offset))),
    });
    return key;
  }

  log(partition: number): MemoryLog {
    return found(this.logs[partition]);
  }

  factsOf(partition: number): PartitionFacts {
    return found(this.facts.partitions[partition]);
  }

  #settle(): void {
    for (const log of this.logs) {
      const facts = this.factsOf(log.partition);
      facts.logStart = log.logStart;
      facts.lastStable = log.lastStable;
    }
  }

  #id(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }
}

/** A value over the payload limit. */
export function oversizeValue(): Buffer {
  return OVERSIZE;
}

function originOf({ topic }: Pick<TopicTraits, 'topic'>): EventOrigin {
  return {
    topic,
    eventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/prove/00000000-0',
    bootstrapServers: 'localhost:9098',
    nullStyle: 'null',
  };
}

/** Delivers a batch into a store as the archive function does. @returns the keys of its objects */
export async function deliver(
  records: readonly BrokerRecord[],
  traits: TopicTraits,
  store: ObjectStore,
): Promise<readonly string[]> {
  const { compression, objectOf, objectPrefix, timeFolder } = traits;
  const keys: string[] = [];
  const delivery = createObjectDelivery({
    store,
    clock: { now: () => 0 },
    telemetry: { objectStored: ({ key }) => keys.push(key) },
    enrich: noEnrichment,
    random: () => 0,
    settings: {
      ...{ objectOf, objectPrefix, timeFolder, maxParallelPuts: 4, metadata: {} },
      ...{ keyEncoding: {}, valueEncoding: {}, compressOn: 'main thread' },
      ...{ compression, level: 1 },
    },
  });
  const origin = originOf(traits);
  const event = toEventJson(
    records.map((record) => toBatchRecord(record, origin)),
    origin,
  );
  const job = { requestId: 'request', functionVersion: '1', ...calls };
  const { failures } = await delivery.deliver(parseBatch(JSON.parse(event)), job);
  for (const { error } of failures) throw error;
  return keys;
}

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError('no such partition');
  return value;
}
