import type { AuditTopic, Compression, ObjectForm, TimeFolder } from '../../lambda/contract.ts';
import type { AuditBroker, BrokerRecord } from '../../lambda/core/audit/broker.ts';
import { evaluateFilters } from '../../lambda/core/audit/event-filter.ts';
import type { AuditReport } from '../../lambda/core/audit/report.ts';
import { failedBatchEntry } from '../../lambda/core/failed-batch/failed-batch-entry.ts';
import type { ObjectStore } from '../../lambda/core/ports.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import {
  type EventOrigin,
  toBatchRecord,
  toEventJson,
} from '../../lambda/core/record/mapping-event.ts';
import { type Healed, healLost } from '../../lambda/heal-lost.ts';
import { createObjectDelivery } from '../../lambda/object-delivery.ts';
import type { DiscardCondition } from '../local/mapping/retry-policy.ts';
import { type FailedRecords, type PartitionFacts, placeOf, TopicFacts } from './facts.ts';
import { MemoryFailedBatches } from './failed-batches.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { MemoryDerived, MemoryResets } from './memory-derived.ts';

/** What a topic and its archive are like. */
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
  /** Where the mapping starts. @default 'earliest' */
  readonly start?: AuditTopic['start'];
}

/** The filter of a topic with filters: {@link isWanted} says the same. */
export const FILTERS: readonly Readonly<Record<string, unknown>>[] = [
  { value: { kind: ['order', { prefix: 'sale-' }] } },
];

/**
 * Whether Lambda delivers a record of a kind with {@link FILTERS}. A pattern for JSON does not apply to text:
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html
 */
export function isWanted(kind: string): boolean {
  return kind === 'order' || kind.startsWith('sale-') || kind === 'text';
}

/** A batch that was stored, to store it again in part. */
export interface StoredBatch {
  readonly records: readonly BrokerRecord[];
  readonly keys: readonly string[];
}

const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:archive';

const calls = { signal: new AbortController().signal, attemptTimeout: 60_000 };

/**
 * A topic and its archive. Its methods note in `facts` what they do; the objects are written by the product, with its own
 * plan.
 */
export abstract class ArchivedTopic {
  readonly traits: TopicTraits;
  bucket = new MemoryBucket();
  readonly failedBatches = new MemoryFailedBatches();
  readonly derived = new MemoryDerived();
  readonly resets = new MemoryResets();
  readonly stored: StoredBatch[] = [];
  facts = new TopicFacts();
  /** Epoch milliseconds. */
  now: number;
  readonly #failed = new Map<string, FailedBatch>();
  #ids = 0;

  constructor(traits: TopicTraits, now: number) {
    this.traits = traits;
    this.now = now;
  }

  /** The brokers, as an audit sees them. */
  abstract broker(): AuditBroker;

  /** Keys of the failed batches that nothing was done about. */
  get waiting(): readonly string[] {
    return [...this.#failed].flatMap(([key, { facts }]) =>
      facts.state === 'waiting' ? [key] : [],
    );
  }

  /** Stores a batch as the functions do. */
  async store(records: readonly BrokerRecord[]): Promise<void> {
    if (records.length === 0) return;
    const keys = await deliver(records, this.traits, this.bucket);
    this.stored.push({ records, keys });
  }

  /** Writes a failed batch into its bucket. @returns its key */
  fail(records: readonly BrokerRecord[], condition: DiscardCondition): string {
    const requestId = this.newId();
    const origin = originOf(this.traits);
    const text = failedBatchEntry(
      { condition, records: records.map((record) => toBatchRecord(record, origin)), invokes: 11 },
      { origin, functionArn: FUNCTION_ARN, requestId, now: this.now },
    );
    const key = `aws/lambda/mapping/${this.traits.topic}-0/${requestId}`;
    const facts: FailedRecords = {
      state: 'waiting',
      isOversize: condition === 'MaximumPayloadSizeExceeded',
      places: new Set(records.map(({ offset, partition }) => placeOf(partition, offset))),
    };
    this.failedBatches.add(key, text, this.now);
    this.facts.failed.push(facts);
    this.#failed.set(key, { facts, records });
    return key;
  }

  /** Replays a failed batch. @returns its records; none if it is a record over the payload limit, which has no payload */
  async replay(key: string): Promise<readonly BrokerRecord[]> {
    const { facts, records } = found(this.#failed.get(key));
    if (facts.isOversize) return [];
    await this.store(records);
    facts.state = 'replayed';
    this.failedBatches.setMark(key, { at: new Date(this.now).toISOString(), objects: 1 });
    return records;
  }

  /** Archives again what a report calls lost, as far as the brokers have it: as failed batches, which are replayed. */
  async heal(report: AuditReport): Promise<Healed> {
    const { failedBatches, traits } = this;
    const written: string[] = [];
    const healed = await healLost(
      {
        broker: this.broker(),
        failedBatches: {
          write: async ({ body, key }) => {
            failedBatches.add(key, body, this.now);
            written.push(key);
            return 'created';
          },
        },
        matches: ({ value }) => !traits.isFiltered || evaluateFilters(FILTERS, value) !== 'fails',
      },
      report,
      {
        ...{ functionArn: FUNCTION_ARN, origin: originOf(traits), now: this.now },
        ...{ mostRecords: Number.POSITIVE_INFINITY, ...calls },
      },
    );
    for (const key of written) {
      await deliverEvent(failedBatches.event(key), traits, this.bucket);
      failedBatches.setMark(key, { at: new Date(this.now).toISOString(), objects: 1 });
    }
    return healed;
  }

  /** Dismisses a failed batch, as an operator may. */
  dismiss(key: string): readonly BrokerRecord[] {
    const { facts, records } = found(this.#failed.get(key));
    facts.state = 'dismissed';
    this.failedBatches.setMark(key, { at: new Date(this.now).toISOString(), objects: undefined });
    return records;
  }

  /** Notes that the group was moved, by the command that leaves a note or by another. */
  async noteReset(partition: number, to: number, isNoted: boolean): Promise<void> {
    const facts = this.factsOf(partition);
    const from = facts.committed ?? facts.start;
    facts.committed = to;
    for (let offset = from; isNoted && offset < to; offset += 1) facts.skipped.add(offset);
    // The group reads them again.
    for (let offset = to; isNoted && offset < from; offset += 1) facts.skipped.delete(offset);
    if (!isNoted || to === from) return;
    const [first, last] = [Math.min(from, to), Math.max(from, to) - 1];
    const ranges = [{ partition, first, last }];
    await this.resets.write({
      ...{ format: 1, topic: this.traits.topic, group: 'group' },
      at: new Date(this.now).toISOString(),
      ...(to > from ? { skipped: ranges } : { skipped: [], again: ranges }),
    });
  }

  /** The records of a batch that the filters let through. */
  filtered(records: readonly BrokerRecord[]): readonly BrokerRecord[] {
    return records.filter(({ offset, partition }) => {
      const fact = this.factsOf(partition).offsets[offset];
      return fact?.kind === 'record' && !fact.isFiltered;
    });
  }

  factsOf(partition: number): PartitionFacts {
    return found(this.facts.partitions[partition]);
  }

  protected newId(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }
}

interface FailedBatch {
  readonly facts: FailedRecords;
  readonly records: readonly BrokerRecord[];
}

/** The source of a topic's batches, as events name it. */
export function originOf({ topic }: Pick<TopicTraits, 'topic'>): EventOrigin {
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
  const origin = originOf(traits);
  const event = toEventJson(
    records.map((record) => toBatchRecord(record, origin)),
    origin,
  );
  return await deliverEvent(JSON.parse(event), traits, store);
}

async function deliverEvent(
  event: unknown,
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
  const job = { requestId: 'request', functionVersion: '1', ...calls };
  const { failures } = await delivery.deliver(parseBatch(event), job);
  for (const { error } of failures) throw error;
  return keys;
}

/** Returns a value that must exist. */
export function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new RangeError('no such partition or failed batch');
  return value;
}
