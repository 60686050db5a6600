import { shorten } from '../bounded-text.ts';
import { ArchiverError } from '../errors.ts';
import { type Fields, isObject } from '../is-object.ts';

/**
 * The schema id that the event source mapping removed from a key or value, with a schema registry. Samples that
 * AWS publishes lack the id.
 */
export interface SchemaMetadata {
  readonly dataFormat?: string | null;
  readonly schemaId?: string | null;
}

/**
 * One Kafka message as the event source mapping delivers it. Bytes are base64 text; header bytes are
 * signed numbers (-128 to 127). A null key, a tombstone and missing headers are `null` or absent; `""` is
 * empty bytes.
 *
 * Only topic, partition and offset are checked, because no record can be stored without them. A field that holds
 * something else than declared here must not keep the other records of its batch out of the archive: the record
 * line has a form for it.
 *
 * The type in `@types/aws-lambda` 8.10 does not fit, because its key and value are never null.
 */
export interface KafkaEventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds by convention; Kafka accepts any 64-bit number, and JSON rounds it beyond ±2^53. */
  readonly timestamp?: number | null;
  readonly timestampType?: string | null;
  readonly key?: string | null;
  readonly value?: string | null;
  readonly headers?: readonly KafkaEventHeader[] | null;
  readonly keySchemaMetadata?: SchemaMetadata | null;
  readonly valueSchemaMetadata?: SchemaMetadata | null;
}

/** One header: an object with one name and its bytes. Names may repeat within a record. */
export type KafkaEventHeader = Readonly<Record<string, readonly number[] | null>>;

/** The event of an Amazon MSK or self-managed Kafka event source mapping: the batch of one invocation. */
export interface KafkaEvent {
  readonly eventSource: (typeof eventSources)[number];
  /** Absent for self-managed Kafka. */
  readonly eventSourceArn?: string;
  /** One string, separated by commas. */
  readonly bootstrapServers?: string;
  /** By `topic-partition`, for one topic and any number of partitions. */
  readonly records: Readonly<Record<string, readonly KafkaEventRecord[]>>;
}

/**
 * All records of one topic-partition in one invocation, in the order of offsets; never empty. An offset that the
 * event holds twice is in the run twice.
 */
export interface BatchRun {
  /** The event's name for the topic-partition, which a partial batch response must repeat. */
  readonly id: string;
  /** Further names, if the event has the topic-partition under several. AWS documents one. @default - none */
  readonly otherIds?: readonly string[];
  readonly topic: string;
  readonly partition: number;
  /** Offsets of the first and last record. */
  readonly first: number;
  readonly last: number;
  readonly records: readonly KafkaEventRecord[];
}

/** The validated records of one invocation. */
export interface Batch {
  /** The cluster's ARN, or the sorted bootstrap servers of self-managed Kafka. */
  readonly source: string;
  readonly runs: readonly BatchRun[];
}

/** `aws:SelfManagedKafka` is only in samples that AWS publishes, such as those of Powertools for AWS Lambda (Python). */
const eventSources = ['aws:kafka', 'SelfManagedKafka', 'aws:SelfManagedKafka'] as const;

const topicPattern = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

/** Maximum of characters that a message quotes of a name in the event: a topic-partition has 260 at most. */
const MOST_NAME = 300;

/**
 * Checks that the event of an invocation is a Kafka batch, and splits it into batch runs by the topic and
 * partition of its records.
 *
 * An event without records gives a batch without runs. Of a record, only topic, partition and offset are checked.
 *
 * @throws {ArchiverError} `INVALID_EVENT`, which names the invalid field but never its content
 */
export function parseBatch(event: unknown): Batch {
  if (!isObject(event)) throw invalid('an object', kindOf(event));
  const { eventSource, records } = event;
  if (!eventSources.some((known) => known === eventSource)) {
    const wanted = eventSources.map((known) => `'${known}'`).join(' or ');
    throw invalid(`eventSource ${wanted}`, 'another');
  }
  if (!isObject(records)) throw invalid("'records' to be an object", kindOf(records));
  const source = sourceOf(event);
  const runs = new Map<string, RunBuilder>();
  for (const [id, list] of Object.entries(records)) {
    const name = shorten(id, MOST_NAME);
    if (!Array.isArray(list)) throw invalid(`records of '${name}' to be a list`, kindOf(list));
    collectRecords(list, { id, name, runs });
  }
  return { source, runs: [...runs.values()].map(toRun) };
}

function sourceOf({ eventSourceArn, bootstrapServers }: Fields): string {
  if (typeof eventSourceArn === 'string') return eventSourceArn;
  if (typeof bootstrapServers !== 'string') {
    throw invalid("'eventSourceArn' or 'bootstrapServers' to be text", kindOf(bootstrapServers));
  }
  // The order of the brokers is not guaranteed, and the source is part of every record line.
  return bootstrapServers.split(',').sort().join(',');
}

/** The records of one topic-partition, as they are found. */
interface RunBuilder {
  readonly ids: [string, ...string[]];
  readonly topic: string;
  readonly partition: number;
  readonly records: [KafkaEventRecord, ...KafkaEventRecord[]];
  isOrdered: boolean;
}

interface NamedRuns {
  readonly id: string;
  /** The id, for messages. */
  readonly name: string;
  /** By partition and topic. */
  readonly runs: Map<string, RunBuilder>;
}

/** Adds the records of a list to their runs: of one run, unless the event is of a shape that AWS does not document. */
function collectRecords(list: readonly unknown[], { id, name, runs }: NamedRuns): void {
  let run: RunBuilder | undefined;
  for (let index = 0; index < list.length; index++) {
    const record = checkRecord(list[index], name, index);
    const { offset, partition, topic } = record;
    if (run?.topic === topic && run.partition === partition) {
      run.isOrdered &&= offset >= (run.records.at(-1) as KafkaEventRecord).offset;
      run.records.push(record);
      continue;
    }
    if (!topicPattern.test(topic)) throw invalid(`'${name}' to be of a topic`, 'no topic name');
    const place = `${partition} ${topic}`;
    run = runs.get(place);
    if (run === undefined) {
      run = { ids: [id], topic, partition, records: [record], isOrdered: true };
      runs.set(place, run);
      continue;
    }
    run.records.push(record);
    run.isOrdered = false;
    if (run.ids.at(-1) !== id) run.ids.push(id);
  }
}

function toRun({ ids, isOrdered, partition, records, topic }: RunBuilder): BatchRun {
  // Stable, so that an offset that the event holds twice keeps the event's order.
  if (!isOrdered) records.sort((a, b) => a.offset - b.offset);
  const [id, ...otherIds] = ids;
  const { offset: first } = records[0];
  const { offset: last } = records.at(-1) as KafkaEventRecord;
  const names = otherIds.length === 0 ? { id } : { id, otherIds };
  return { ...names, topic, partition, first, last, records };
}

function checkRecord(record: unknown, name: string, index: number): KafkaEventRecord {
  if (!isObject(record)) throw invalid(`'${name}' record ${index} to be an object`, kindOf(record));
  const fault = faultOf(record);
  if (fault === null) return record as object as KafkaEventRecord;
  const [field, wanted] = fault;
  throw invalid(`${field} of '${name}' record ${index} to be ${wanted}`, kindOf(record[field]));
}

/** Returns the first field without which a record cannot be stored, and what it should be. */
function faultOf({ topic, partition, offset }: Fields): readonly [string, string] | null {
  if (typeof topic !== 'string') return ['topic', 'text'];
  if (!isWholeNumber(partition)) return ['partition', 'a whole number'];
  if (!isWholeNumber(offset)) return ['offset', 'a whole number'];
  return null;
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Names the kind of a value, never its content. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

function invalid(wanted: string, got: string): ArchiverError {
  return new ArchiverError('INVALID_EVENT', `not a Kafka event: expected ${wanted}, got ${got}`);
}
