import { nameFirst, shorten } from '../bounded-text.ts';
import { ArchiverError } from '../errors.ts';
import { type Fields, isObject } from '../is-object.ts';
import type { BatchRun } from '../record/kafka-event.ts';
import { isDeeperThan } from './json-depth.ts';

/** Maximum of characters of a text in an entry. Lambda's own have less; any writer to the bucket can exceed it. */
const MOST_TEXT = 1000;

/** Depth of an entry that no event comes near: the bytes of a header in an entry of a Kafka topic are at 8. */
const MOST_DEPTH = 100;

/** The offsets that a failed batch names for one topic-partition. */
export interface FailedRange {
  /** `topic-partition`; undefined if the entry does not name it. */
  readonly id: string | undefined;
  /** Digits, as the entry spells them; 'unknown' if it has others. */
  readonly firstOffset: string;
  readonly lastOffset: string;
  /** ISO 8601. */
  readonly firstTimestamp: string | undefined;
  readonly lastTimestamp: string | undefined;
}

/** An entry of an on-failure destination without its records. */
export interface FailedBatchSummary {
  /** Why it failed, in Lambda's words, of which there is no closed list; 'unknown' if the entry has none. */
  readonly condition: string;
  /** The function error, such as `Unhandled`. */
  readonly functionError: string | undefined;
  readonly invokeCount: number | undefined;
  /** Request id of the last invocation, to find its log lines by. */
  readonly requestId: string | undefined;
  /** ISO 8601: when Lambda gave the batch up. */
  readonly failedAt: string | undefined;
  /**
   * ASSUMED: Lambda's `batchSize` is the number of records in the batch, neither the setting of the mapping nor, with
   * filters, the number before filtering.
   */
  readonly records: number | undefined;
  readonly ranges: readonly FailedRange[];
}

/** An entry of an on-failure destination. */
export interface FailedBatch extends FailedBatchSummary {
  /** The whole event; undefined if the entry has offsets only. */
  readonly event: unknown;
}

/**
 * Parses an entry of an on-failure destination. It accepts the event as JSON text (S3) or as an object (Kafka
 * topic), offsets in `recordsInfo` or `recordInfo`, and any condition. ASSUMED: the entry for a record over the
 * payload limit has no payload; AWS does not document it.
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
 *
 * @throws {ArchiverError} `FAILED_BATCH_UNREADABLE`, or `NOT_A_FAILED_BATCH`, also for one that is nested too deeply;
 * neither quotes the entry
 */
export function parseFailedBatch(text: string): FailedBatch {
  const entry = parseJson(text, 'the object');
  if (!isObject(entry) || !isObject(entry.KafkaBatchInfo)) {
    throw new ArchiverError('NOT_A_FAILED_BATCH', 'the object has no KafkaBatchInfo');
  }
  const { payload } = entry;
  const event =
    typeof payload === 'string' ? parseJson(payload, 'the payload of the entry') : payload;
  return { ...summarise(entry, entry.KafkaBatchInfo, event), event: event ?? undefined };
}

/**
 * Parses the part of an entry that precedes its payload, given the entry's first bytes. Returns undefined if
 * they do not hold the whole summary: Lambda writes the payload last, but does not promise to.
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
    // The match was not the entry's own payload.
    return undefined;
  }
}

/**
 * Returns the ranges that an entry names but whose records its event does not hold: they would be lost if the
 * entry were marked as replayed. The event may hold more than the ranges, as when only a part of it failed.
 *
 * A range counts as missing if one of its offsets is unknown. All ranges do if the event lacks more records than the
 * missing ranges can have, because Kafka itself leaves gaps between offsets, so that no one can say which are missing.
 */
export function missingRanges(
  { ranges, records = 0 }: Pick<FailedBatchSummary, 'ranges' | 'records'>,
  runs: readonly CountedRun[],
): readonly OffsetRange[] {
  const byId = Map.groupBy(
    runs.flatMap((run) => [run.id, ...(run.otherIds ?? [])].map((id) => ({ ...run, id }))),
    ({ id }) => id,
  );
  const missing = ranges.filter(({ firstOffset, id = '', lastOffset }) => {
    const isHeld = ({ first, last }: RunBounds) =>
      // An unknown offset is not a number, and compares false.
      first <= Number(firstOffset) && last >= Number(lastOffset);
    return !byId.get(id)?.some(isHeld);
  });
  const held = runs.reduce((total, run) => total + run.records, 0);
  const most = missing.reduce(
    (total, { firstOffset, lastOffset }) => total + Number(lastOffset) - Number(firstOffset) + 1,
    held,
  );
  return records > most ? knownRanges({ ranges }, runs) : missing;
}

/** Names, first and last offset of a batch run. */
export type RunBounds = Pick<BatchRun, 'id' | 'otherIds' | 'first' | 'last'>;

/** A batch run without its records, and how many they are. */
export type CountedRun = RunBounds & { readonly records: number };

/** First and last offset of a topic-partition. */
export type OffsetRange = Pick<FailedRange, 'id' | 'firstOffset' | 'lastOffset'>;

/** Returns the ranges that an entry names or, if it names none, those of its records. */
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

/** Describes ranges, the first of them: `orders-3 offsets 100 to 149; orders-0 offsets 7 to 8; and 5 more`. */
export function describeRanges(ranges: readonly OffsetRange[]): string {
  return nameFirst(ranges, describeRange);
}

/** Describes a range: `orders-3 offsets 100 to 149`. */
export function describeRange({
  firstOffset,
  id = 'a partition',
  lastOffset,
}: OffsetRange): string {
  const name = shorten(id, MOST_TEXT);
  return firstOffset === lastOffset
    ? `${name} offset ${firstOffset}`
    : `${name} offsets ${firstOffset} to ${lastOffset}`;
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
      // The entry of a single record does not name the partition, but its event does.
      id: isObject(event) && isObject(event.records) ? Object.keys(event.records)[0] : undefined,
      firstOffset: offset,
      lastOffset: offset,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
    },
  ];
}

/** Offsets are text in an entry; numbers are accepted, too. */
function offsetOf(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (textOf(value) ?? '');
  return /^\d+$/.test(text) ? text : 'unknown';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? shorten(value, MOST_TEXT) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function parseJson(text: string, what: string): unknown {
  if (isDeeperThan(MOST_DEPTH, text)) {
    throw new ArchiverError('NOT_A_FAILED_BATCH', `${what} is nested deeper than any failed batch`);
  }
  try {
    return JSON.parse(text);
  } catch {
    // Without a cause: the parser's message quotes the text.
    throw new ArchiverError('FAILED_BATCH_UNREADABLE', `${what} is not JSON`);
  }
}
