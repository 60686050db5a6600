import { Buffer } from 'node:buffer';
import {
  type BatchRecord,
  type EventOrigin,
  listName,
  toEventJson,
} from '../record/mapping-event.ts';

/** Records that are written as a failed batch. */
export interface GivenUp {
  /** Why, in Lambda's words or in the archive's own. */
  readonly condition: string;
  /** Of one topic; those of a partition in the order of their offsets. */
  readonly records: readonly BatchRecord[];
  /** Invocations that failed. */
  readonly invokes: number;
}

/** What the entry of a failed batch contains besides its records. */
export interface FailureContext {
  readonly origin: EventOrigin;
  readonly functionArn: string;
  /** Of the last invocation. @default - no function was invoked */
  readonly requestId?: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The condition of a record that the mapping cannot deliver, whose entry has no payload. */
const OVERSIZE = 'MaximumPayloadSizeExceeded';

/**
 * Writes the entry of a failed batch as an event source mapping does for an S3 destination: the condition, the offsets,
 * and the event as JSON text. `parseFailedBatch` reads it.
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 * ASSUMED: there is no payload if the event exceeds the payload limit.
 */
export function failedBatchEntry(
  { condition, invokes, records }: GivenUp,
  { functionArn, now, origin, requestId }: FailureContext,
): string {
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
    ...(condition !== OVERSIZE && { payload }),
  });
}

function recordsInfo(list: readonly BatchRecord[]) {
  const [first, last] = [list[0], list.at(-1)] as [BatchRecord, BatchRecord];
  return {
    firstRecordOffset: String(first.record.offset),
    lastRecordOffset: String(last.record.offset),
    firstRecordTimestamp: timeOf(first),
    lastRecordTimestamp: timeOf(last),
  };
}

/** Kafka accepts any 64-bit number; undefined for one that is no date. */
function timeOf({ record: { timestamp } }: BatchRecord): string | undefined {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
