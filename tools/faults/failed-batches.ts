import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { ErrorCode } from '../../lambda/core/errors.ts';
import {
  type BatchRecord,
  toBatchRecord,
  toEventJson,
} from '../../lambda/core/record/mapping-event.ts';
import { ARCHIVE_FUNCTION_ARN } from '../local/lambda/local-functions.ts';
import { s3Destination } from '../local/mapping/on-failure.ts';
import type { ProducedRecord } from './judge.ts';
import type { Random } from './random.ts';
import { buckets, type World } from './world.ts';

/** A failed batch in the bucket. */
export interface KeptBatch {
  readonly key: string;
  /** The code of its dead letter; undefined if it can be replayed. */
  readonly code: ErrorCode | undefined;
}

/** The records of all failed batches. */
export interface FailedRecords {
  readonly produced: readonly ProducedRecord[];
  /** One list a batch. */
  readonly batches: readonly (readonly BatchRecord[])[];
}

const PARTITIONS = [0, 1, 2];
const BATCHES = 6;
const HOUR_MS = 3_600_000;
const BEGIN = Date.UTC(2026, 10, 23, 9, 59, 58);

/**
 * Records of a topic in failed batches, in order within each partition. A batch has one or more partitions, and some
 * offsets are missing, as in a compacted topic.
 */
export function failedRecords(topic: string, random: Random): FailedRecords {
  const produced: ProducedRecord[] = [];
  const ends = new Map<number, number>();
  const nextRecord = (partition: number) => {
    const hole = random.chance(0.15) ? 1 + random.below(3) : 0;
    const offset = (ends.get(partition) ?? 0) + hole;
    ends.set(partition, offset + 1);
    // Around the end of an hour, so that runs fall into two folders.
    const timestamp = BEGIN + offset * 10 + (random.chance(0.5) ? HOUR_MS : 0);
    const key = random.chance(0.2) ? null : Buffer.from(`k-${partition}-${offset}`);
    const value = random.chance(0.1) ? null : Buffer.from(`{"n":${offset}}`);
    const record = { partition, offset, timestamp, key, value };
    produced.push(record);
    return toBatchRecord({ ...record, headers: [], timestampType: 'CREATE_TIME' }, originOf(topic));
  };
  const batches = Array.from({ length: BATCHES }, () =>
    random
      .shuffle(PARTITIONS)
      .slice(0, 1 + random.below(PARTITIONS.length))
      .flatMap((partition) =>
        Array.from({ length: 1 + random.below(6) }, () => nextRecord(partition)),
      ),
  );
  return { produced, batches };
}

/**
 * Sends the batches to the on-failure destination, together with two objects that cannot be replayed: an entry without
 * payload, and garbage.
 */
export async function keepBatches(
  { client }: World,
  topic: string,
  { batches }: FailedRecords,
): Promise<KeptBatch[]> {
  const kept: KeptBatch[] = [];
  for (const [index, records] of batches.entries()) {
    const mappingId = `${topic}-${index}`;
    const condition = 'RetryAttemptsExhausted';
    const key = await keep(client, { mappingId, topic, records, condition });
    kept.push({ key, code: undefined });
  }
  const oversize = {
    ...{ mappingId: `${topic}-oversize`, topic, records: batches[0] ?? [] },
    condition: 'MaximumPayloadSizeExceeded',
  } as const;
  kept.push({ key: await keep(client, oversize), code: 'NO_PAYLOAD' });
  const garbage = `aws/lambda/${topic}-garbage/x`;
  await client.send(new PutObjectCommand({ Bucket: buckets.failed, Key: garbage, Body: '{"a' }));
  kept.push({ key: garbage, code: 'FAILED_BATCH_UNREADABLE' });
  return kept;
}

interface Entry {
  readonly mappingId: string;
  readonly topic: string;
  readonly records: readonly BatchRecord[];
  readonly condition: 'RetryAttemptsExhausted' | 'MaximumPayloadSizeExceeded';
}

/** @returns the entry's key */
async function keep(client: World['client'], entry: Entry): Promise<string> {
  const { condition, mappingId, records, topic } = entry;
  const deliver = s3Destination({
    ...{ client, bucket: buckets.failed, mappingId, now: Date.now },
    origin: originOf(topic),
    functionArn: ARCHIVE_FUNCTION_ARN,
  });
  await deliver({ condition, records, invokes: 11 });
  const Prefix = `aws/lambda/${mappingId}/`;
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: buckets.failed, Prefix }),
  );
  return Contents[0]?.Key ?? '';
}

/** The JSON text of an event with these records. */
export function eventOf(topic: string, records: readonly BatchRecord[]): string {
  return toEventJson(records, originOf(topic));
}

/** The origin of a topic's records. */
export function originOf(topic: string) {
  return {
    topic,
    eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/faults/00000000-0',
    bootstrapServers: 'localhost:9098',
    nullStyle: 'null',
  } as const;
}
