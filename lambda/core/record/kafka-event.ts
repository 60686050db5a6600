import { ArchiverError } from '../errors.ts';
import { type Fields, isObject } from '../is-object.ts';

/** The schema id that the event source mapping removed from a key or value, with a schema registry. */
export interface SchemaMetadata {
  readonly dataFormat: string;
  readonly schemaId: string;
}

/**
 * One Kafka message as the event source mapping delivers it. Bytes are base64 text; header bytes are
 * signed numbers (-128 to 127). A null key, a tombstone and missing headers are `null` or absent; `""` is
 * empty bytes.
 *
 * The type in `@types/aws-lambda` 8.10 does not fit, because its key and value are never null.
 */
export interface KafkaEventRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
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
  readonly eventSource: 'aws:kafka' | 'SelfManagedKafka';
  /** Absent for self-managed Kafka. */
  readonly eventSourceArn?: string;
  /** One string, separated by commas. */
  readonly bootstrapServers?: string;
  /** By `topic-partition`, for one topic and any number of partitions. */
  readonly records: Readonly<Record<string, readonly KafkaEventRecord[]>>;
}

/** All records of one topic-partition in one invocation, in the order of offsets; never empty. */
export interface BatchRun {
  /** The event's name for the topic-partition, which a partial batch response must repeat. */
  readonly id: string;
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

const topicPattern = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

/**
 * Checks that the event of an invocation is a Kafka batch, and splits it into batch runs.
 *
 * An event without records gives a batch without runs. Key, value and header bytes are checked when they are
 * decoded.
 *
 * @throws {ArchiverError} `INVALID_EVENT`, which names the invalid field but never its content
 */
export function parseBatch(event: unknown): Batch {
  if (!isObject(event)) throw invalid('an object', kindOf(event));
  const { eventSource, records } = event;
  if (eventSource !== 'aws:kafka' && eventSource !== 'SelfManagedKafka') {
    throw invalid("eventSource 'aws:kafka' or 'SelfManagedKafka'", 'another');
  }
  if (!isObject(records)) throw invalid("'records' to be an object", kindOf(records));
  const source = sourceOf(event);
  const runs = Object.entries(records).flatMap(([id, list]) => {
    if (!Array.isArray(list)) throw invalid(`records of '${id}' to be a list`, kindOf(list));
    return list.length === 0 ? [] : [toRun(id, list)];
  });
  return { source, runs };
}

function sourceOf({ eventSourceArn, bootstrapServers }: Fields): string {
  if (typeof eventSourceArn === 'string') return eventSourceArn;
  if (typeof bootstrapServers !== 'string') {
    throw invalid("'eventSourceArn' or 'bootstrapServers' to be text", kindOf(bootstrapServers));
  }
  // The order of the brokers is not guaranteed, and the source is part of every record line.
  return bootstrapServers.split(',').sort().join(',');
}

function toRun(id: string, list: readonly unknown[]): BatchRun {
  const records: KafkaEventRecord[] = [];
  const { topic, partition } = checkRecord(list[0], id, 0);
  if (!topicPattern.test(topic)) throw invalid(`'${id}' to be of a topic`, 'no topic name');
  let previous = -1;
  let isOrdered = true;
  for (let index = 0; index < list.length; index++) {
    const record = checkRecord(list[index], id, index);
    if (record.topic !== topic || record.partition !== partition) {
      throw invalid(`one topic and partition in '${id}'`, 'several');
    }
    isOrdered &&= record.offset > previous;
    previous = record.offset;
    records.push(record);
  }
  if (!isOrdered) sortByOffset(records, id);
  const { offset: first } = records[0] as KafkaEventRecord;
  const { offset: last } = records.at(-1) as KafkaEventRecord;
  return { id, topic, partition, first, last, records };
}

function sortByOffset(records: KafkaEventRecord[], id: string): void {
  records.sort((a, b) => a.offset - b.offset);
  const repeated = records.find(({ offset }, i) => offset === records[i + 1]?.offset);
  if (repeated) throw invalid(`each offset of '${id}' once`, `offset ${repeated.offset} twice`);
}

function checkRecord(record: unknown, id: string, index: number): KafkaEventRecord {
  if (!isObject(record)) throw invalid(`'${id}' record ${index} to be an object`, kindOf(record));
  const fault = faultOf(record);
  if (fault === null) return record as object as KafkaEventRecord;
  const [field, wanted] = fault;
  throw invalid(`${field} of '${id}' record ${index} to be ${wanted}`, kindOf(record[field]));
}

/** Returns the first field that does not match {@link KafkaEventRecord}, and what it should be. */
function faultOf(record: Fields): readonly [field: string, wanted: string] | null {
  const { topic, partition, offset, timestamp, timestampType, key, value, headers } = record;
  if (typeof topic !== 'string') return ['topic', 'text'];
  if (!isWholeNumber(partition)) return ['partition', 'a whole number'];
  if (!isWholeNumber(offset)) return ['offset', 'a whole number'];
  if (timestamp != null && !Number.isSafeInteger(timestamp)) {
    return ['timestamp', 'epoch milliseconds'];
  }
  if (timestampType != null && typeof timestampType !== 'string') return ['timestampType', 'text'];
  if (key != null && typeof key !== 'string') return ['key', 'base64 text'];
  if (value != null && typeof value !== 'string') return ['value', 'base64 text'];
  if (headers != null && !Array.isArray(headers)) return ['headers', 'a list'];
  if (!isSchema(record.keySchemaMetadata)) return ['keySchemaMetadata', 'a format and an id'];
  if (!isSchema(record.valueSchemaMetadata)) return ['valueSchemaMetadata', 'a format and an id'];
  return null;
}

function isSchema(value: unknown): boolean {
  if (value == null) return true;
  if (!isObject(value)) return false;
  return typeof value.dataFormat === 'string' && typeof value.schemaId === 'string';
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
