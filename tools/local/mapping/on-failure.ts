// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { randomUUID } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  type BatchRecord,
  type EventOrigin,
  listName,
  toEventJson,
} from '../../../kafka/mapping-event.ts';
import type { CreatedObject } from '../s3-server/operation.ts';
import type { Discard } from './mapping-deps.ts';

/** What a failed batch's entry contains besides its records. */
export interface FailureContext {
  readonly origin: EventOrigin;
  readonly functionArn: string;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * The entry of a failed batch in an S3 bucket: the condition, the offsets, and the event as JSON text.
 * DG: with-msk-on-failure. ASSUMED: there is no payload if the event exceeds the payload limit.
 */
export function failedBatchEntry(discard: Discard, context: FailureContext): string {
  const { condition, invokes, records } = discard;
  const { functionArn, now, origin, requestId } = context;
  const isOversize = condition === 'MaximumPayloadSizeExceeded';
  const payload = toEventJson(records, origin);
  return JSON.stringify({
    requestContext: { requestId, functionArn, condition, approximateInvokeCount: invokes },
    responseContext:
      invokes === 0
        ? null
        : { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    KafkaBatchInfo: {
      batchSize: records.length,
      eventSourceArn: origin.eventSourceArn,
      bootstrapServers: origin.bootstrapServers,
      payloadSize: Buffer.byteLength(payload),
      recordsInfo: Object.fromEntries(
        [...Map.groupBy(records, ({ record }) => record.partition)].map(([partition, list]) => [
          listName(origin, partition),
          recordsInfo(list),
        ]),
      ),
    },
    ...(!isOversize && { payload }),
  });
}

/** Options of an S3 destination. */
export interface S3DestinationOptions
  extends Pick<FailureContext, 'functionArn'>,
    Pick<FailureContext, 'origin'> {
  readonly client: S3Client;
  readonly bucket: string;
  /** Identifies the mapping in the keys. */
  readonly mappingId: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds within which the bucket must respond. @default 30000 */
  readonly requestTimeout?: number;
  /** Called with each entry once it is stored, if the bucket has no notifications. @default nothing */
  readonly announce?: (entry: CreatedObject) => void;
}

/** An on-failure destination that stores each failed batch as an object of a bucket. */
export function s3Destination(options: S3DestinationOptions) {
  const { announce, bucket, client, functionArn, mappingId, now, origin } = options;
  const { requestTimeout = 30_000 } = options;
  return async (discard: Discard): Promise<void> => {
    const requestId = randomUUID();
    const at = now();
    const [first] = discard.records;
    const body = failedBatchEntry(discard, { functionArn, origin, requestId, now: at });
    const place = listName(origin, first?.record.partition ?? 0);
    const key = failedBatchKey({ mappingId, place, now: at, id: requestId });
    const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body });
    const sent = { abortSignal: AbortSignal.timeout(requestTimeout) };
    const { ETag = '' } = await client.send(put, sent);
    announce?.({ bucket, key, size: Buffer.byteLength(body), etag: ETag.replaceAll('"', '') });
  };
}

/** ASSUMED: as for Kinesis (DG: with-kinesis-on-failure-destination); not documented for Kafka. */
function failedBatchKey(parts: {
  readonly mappingId: string;
  readonly place: string;
  readonly now: number;
  readonly id: string;
}): string {
  const time = new Date(parts.now).toISOString();
  const day = time.slice(0, 10).replaceAll('-', '/');
  const second = time.slice(0, 19).replaceAll(':', '.');
  return `aws/lambda/${parts.mappingId}/${parts.place}/${day}/${second}-${parts.id}`;
}

function recordsInfo(list: readonly BatchRecord[]) {
  const [first, last] = [list[0]?.record, list.at(-1)?.record];
  const time = (timestamp = 0) => new Date(timestamp).toISOString();
  return {
    firstRecordOffset: String(first?.offset),
    lastRecordOffset: String(last?.offset),
    firstRecordTimestamp: time(first?.timestamp),
    lastRecordTimestamp: time(last?.timestamp),
  };
}
