// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { randomUUID } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  type FailureContext,
  failedBatchEntry,
} from '../../../lambda/core/failed-batch/failed-batch-entry.ts';
import { listName } from '../../../lambda/core/record/mapping-event.ts';
import type { CreatedObject } from '../s3-server/operation.ts';
import type { Discard } from './mapping-deps.ts';

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
