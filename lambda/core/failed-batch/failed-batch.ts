// `DG: x` below is the page https://docs.aws.amazon.com/lambda/latest/dg/x.html
import { ArchiverError } from '../errors.ts';
import { type Fields, isObject } from '../is-object.ts';
import type { BatchRun } from '../record/kafka-event.ts';

/** Offsets that a failed batch has of one topic-partition, in its own words. */
export interface FailedRange {
  /** `topic-partition`; undefined where the entry does not say it. */
  readonly id: string | undefined;
  readonly firstOffset: string;
  readonly lastOffset: string;
  /** ISO 8601. */
  readonly firstTimestamp: string | undefined;
  readonly lastTimestamp: string | undefined;
}

/** What an entry of an on-failure destination says of itself: all but the records. */
export interface FailedBatchSummary {
  /** Why it failed, in the service's words; the list of them is open. 'unknown' where it says none. */
  readonly condition: string;
  /** Function errors, such as `Unhandled`. */
  readonly functionError: string | undefined;
  readonly invokeCount: number | undefined;
  /** Of the last invocation: where its log lines are. */
  readonly requestId: string | undefined;
  /** ISO 8601: when the batch was given up. */
  readonly failedAt: string | undefined;
  readonly records: number | undefined;
  readonly ranges: readonly FailedRange[];
}

/** An entry of an on-failure destination, read. */
export interface FailedBatch extends FailedBatchSummary {
  /** The whole event; undefined where the entry has offsets only. */
  readonly event: unknown;
}

/**
 * Reads an entry of an on-failure destination, tolerantly: the event as JSON text (S3, DG:
 * with-msk-on-failure) or as an object (Kafka topic, DG: kafka-on-failure-destination), offsets in
 * `recordsInfo` or `recordInfo`, any condition. ASSUMED: an entry for a record over the payload limit
 * has no payload (facts on on-failure destinations: not documented).
 *
 * @throws {ArchiverError} `FAILED_BATCH_UNREADABLE` or `NOT_A_FAILED_BATCH`; neither quotes the entry
 */
export function parseFailedBatch(text: string): FailedBatch {
  const entry = parseJson(text, 'the object is not JSON');
  if (!isObject(entry) || !isObject(entry.KafkaBatchInfo)) {
    throw new ArchiverError('NOT_A_FAILED_BATCH', 'the object has no KafkaBatchInfo');
  }
  const { payload } = entry;
  const event =
    typeof payload === 'string' ? parseJson(payload, 'its payload is not JSON') : payload;
  return { ...summarise(entry, entry.KafkaBatchInfo, event), event: event ?? undefined };
}

/**
 * Reads what stands before the payload, from the first bytes of an entry; undefined where that is not
 * all there is to know. The service writes the payload last, but does not promise to.
 */
export function parseFailedBatchHead(text: string): FailedBatchSummary | undefined {
  const mark = /,\s*"payload"\s*:\s*["{]/.exec(text);
  if (mark === null) return undefined;
  try {
    const entry: unknown = JSON.parse(`${text.slice(0, mark.index)}}`);
    if (!isObject(entry) || !isObject(entry.KafkaBatchInfo)) return undefined;
    if (!isObject(entry.KafkaBatchInfo.recordsInfo)) return undefined;
    return summarise(entry, entry.KafkaBatchInfo, undefined);
  } catch {
    // The mark was not that of the entry's own payload.
    return undefined;
  }
}

/**
 * Those of an entry's ranges that are not among the records of its event: what would be lost if the rest
 * were taken for all. The event may have more than the ranges, as where only a part of it had failed.
 */
export function missingRanges(
  { ranges }: Pick<FailedBatchSummary, 'ranges'>,
  runs: readonly RunBounds[],
): readonly FailedRange[] {
  return ranges.filter(({ firstOffset, id, lastOffset }) => {
    const run = runs.find((each) => each.id === id);
    return !run || run.first > Number(firstOffset) || run.last < Number(lastOffset);
  });
}

/** Name, first and last offset of a batch run. */
export type RunBounds = Pick<BatchRun, 'id' | 'first' | 'last'>;

/** First and last offset of a topic-partition. */
export type OffsetRange = Pick<FailedRange, 'id' | 'firstOffset' | 'lastOffset'>;

/** The ranges that an entry names, or those of its records where it names none. */
export function knownRanges(
  failedBatch: Pick<FailedBatchSummary, 'ranges'> | undefined,
  runs: readonly RunBounds[] | undefined,
): readonly OffsetRange[] {
  const { ranges = [] } = failedBatch ?? {};
  if (ranges.length > 0) return ranges;
  return (runs ?? []).map(({ first, id, last }) => ({
    id,
    firstOffset: String(first),
    lastOffset: String(last),
  }));
}

/** `orders-3 offsets 100 to 149; orders-0 offsets 7 to 8` */
export function describeRanges(ranges: readonly OffsetRange[]): string {
  return ranges.map(describeRange).join('; ');
}

/** `orders-3 offsets 100 to 149` */
export function describeRange({
  firstOffset,
  id = 'a partition',
  lastOffset,
}: OffsetRange): string {
  return firstOffset === lastOffset
    ? `${id} offset ${firstOffset}`
    : `${id} offsets ${firstOffset} to ${lastOffset}`;
}

function summarise(entry: Fields, info: Fields, event: unknown): FailedBatchSummary {
  const { requestContext, responseContext, timestamp } = entry;
  const request = isObject(requestContext) ? requestContext : {};
  const response = isObject(responseContext) ? responseContext : {};
  return {
    condition: textOf(request.condition) ?? 'unknown',
    functionError: textOf(response.functionError),
    invokeCount: numberOf(request.approximateInvokeCount),
    requestId: textOf(request.requestId),
    failedAt: textOf(timestamp),
    records: numberOf(info.batchSize),
    ranges: rangesOf(info, event),
  };
}

function rangesOf({ recordsInfo, recordInfo }: Fields, event: unknown): FailedRange[] {
  if (isObject(recordsInfo)) {
    return Object.entries(recordsInfo).flatMap(([id, range]) => {
      if (!isObject(range)) return [];
      return [
        {
          id,
          firstOffset: offsetOf(range.firstRecordOffset),
          lastOffset: offsetOf(range.lastRecordOffset),
          firstTimestamp: textOf(range.firstRecordTimestamp),
          lastTimestamp: textOf(range.lastRecordTimestamp),
        },
      ];
    });
  }
  if (!isObject(recordInfo)) return [];
  const offset = offsetOf(recordInfo.offset);
  const timestamp = textOf(recordInfo.timestamp);
  return [
    {
      // The entry of a single record does not name its partition; its event does.
      id: isObject(event) && isObject(event.records) ? Object.keys(event.records)[0] : undefined,
      firstOffset: offset,
      lastOffset: offset,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
    },
  ];
}

/** Offsets are text in an entry; numbers are taken too. */
function offsetOf(value: unknown): string {
  return typeof value === 'number' ? String(value) : (textOf(value) ?? 'unknown');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function parseJson(text: string, problem: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No cause: the parser's own words quote what it stumbled over.
    throw new ArchiverError('FAILED_BATCH_UNREADABLE', problem);
  }
}
