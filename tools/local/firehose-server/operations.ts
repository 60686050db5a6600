// https://docs.aws.amazon.com/firehose/latest/APIReference/API_Operations.html
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { DeliveryStream } from './delivery-stream.ts';
import { FirehoseError } from './errors.ts';
import { checkRecords } from './limits.ts';
import type { Throttle } from './throttle.ts';

/** A stream behind its limits. */
export interface ServedStream {
  readonly stream: DeliveryStream;
  readonly throttle: Throttle;
}

/** What the operations work on. */
export interface StreamSet {
  readonly streams: ReadonlyMap<string, ServedStream>;
  /** Told of each record that is taken. */
  readonly onTaken: (stream: string, record: Buffer) => void;
}

/** The fields of a request. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a fault rejects the record at this place of a call. */
export type IsRejected = (place: number) => boolean;

type Operation = (set: StreamSet, input: Fields, isRejected: IsRejected) => object;

/** Region and account of all streams. */
const ARN_PREFIX = 'arn:aws:firehose:us-east-1:000000000000:deliverystream/';

/** What the service says to who puts too fast: https://github.com/boto/boto3/issues/2804 */
const SLOW_DOWN = 'Slow down.';

/** The operations there are, by name. */
export const operations: Readonly<Record<string, Operation>> = {
  PutRecordBatch: (set, input, isRejected) => {
    const served = streamOf(set, input);
    const records = (Array.isArray(input.Records) ? input.Records : []).map(dataOf);
    checkRecords(records);
    takeCall(served);
    const RequestResponses = records.map((record, place) =>
      !isRejected(place) && take(set, served, record)
        ? { RecordId: randomUUID() }
        : { ErrorCode: 'ServiceUnavailableException', ErrorMessage: SLOW_DOWN },
    );
    const FailedPutCount = RequestResponses.filter((each) => 'ErrorCode' in each).length;
    return { FailedPutCount, Encrypted: false, RequestResponses };
  },

  PutRecord: (set, input, isRejected) => {
    const served = streamOf(set, input);
    const record = dataOf(input.Record);
    checkRecords([record]);
    takeCall(served);
    if (isRejected(0) || !take(set, served, record)) throw unavailable();
    return { RecordId: randomUUID(), Encrypted: false };
  },

  DescribeDeliveryStream: (set, input) => {
    const { settings } = streamOf(set, input).stream;
    const { bufferBytes, bufferSeconds, compression, name } = settings;
    return {
      DeliveryStreamDescription: {
        DeliveryStreamName: name,
        DeliveryStreamARN: `${ARN_PREFIX}${name}`,
        DeliveryStreamStatus: 'ACTIVE',
        DeliveryStreamType: 'DirectPut',
        VersionId: '1',
        HasMoreDestinations: false,
        Destinations: [
          {
            DestinationId: 'destinationId-000000000001',
            ExtendedS3DestinationDescription: {
              BucketARN: `arn:aws:s3:::${settings.bucket}`,
              BufferingHints: {
                SizeInMBs: bufferBytes / (1024 * 1024),
                IntervalInSeconds: bufferSeconds,
              },
              CompressionFormat: compression === 'gzip' ? 'GZIP' : 'UNCOMPRESSED',
              DynamicPartitioningConfiguration: { Enabled: settings.folder === undefined },
            },
          },
        ],
      },
    };
  },
};

function streamOf({ streams }: StreamSet, { DeliveryStreamName: name }: Fields): ServedStream {
  const served = streams.get(String(name));
  if (served !== undefined) return served;
  const message = `Firehose ${name} under account 000000000000 not found.`;
  throw new FirehoseError('ResourceNotFoundException', message);
}

function takeCall({ throttle }: ServedStream): void {
  if (!throttle.takeCall()) throw unavailable();
}

function take(set: StreamSet, { stream, throttle }: ServedStream, record: Buffer): boolean {
  if (!throttle.takeRecord(record.length)) return false;
  stream.put(record);
  set.onTaken(stream.settings.name, record);
  return true;
}

function dataOf(record: unknown): Buffer {
  const { Data: data } = (record ?? {}) as { readonly Data?: unknown };
  if (typeof data === 'string') return Buffer.from(data, 'base64');
  throw new FirehoseError('SerializationException', 'Data is no blob');
}

/** ASSUMED: status 503. The API reference says 500; clients try again after either. */
function unavailable(): FirehoseError {
  return new FirehoseError('ServiceUnavailableException', SLOW_DOWN, 503);
}
