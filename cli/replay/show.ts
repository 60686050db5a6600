import { ArchiverError } from '../../lambda/core/errors.ts';
import {
  type FailedBatch,
  type FailedRange,
  parseFailedBatch,
} from '../../lambda/core/failed-batch/failed-batch.ts';
import type {
  CallOptions,
  FailedBatchListing,
  FailedBatchStore,
  ReplayMark,
} from '../../lambda/core/ports.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { parseBatch } from '../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../lambda/core/record/record-line.ts';
import type { CommandContext } from '../failed-batches/context.ts';
import { formatOffsets, toJsonRange } from '../failed-batches/ranges.ts';
import { stateOf, toJsonMark } from '../failed-batches/rows.ts';
import { tableLines } from '../table.ts';

/** A failed batch and its mark. */
interface ShownBatch extends FailedBatch {
  readonly key: string;
  readonly bytes: number;
  /** Undefined if the batch is neither replayed nor dismissed. */
  readonly mark: ReplayMark | undefined;
}

/** Which failed batch to show. */
export interface ShowOptions {
  readonly key: string;
  /** Whether to print its records and nothing else. */
  readonly records: boolean;
}

/** Prints a failed batch. @returns true */
export async function show(
  { key, records }: ShowOptions,
  context: CommandContext<'bucket'>,
): Promise<true> {
  const { bucket } = context.targets;
  const shown = await readShown(context.storeOf(bucket), { bucket, key }, context.calls);
  if (records) for (const line of recordLines(shown)) context.print(line);
  else context.answer(toJsonShown(shown), () => shownLines(shown));
  return true;
}

/**
 * Reads one failed batch.
 *
 * @throws {ArchiverError} `FAILED_BATCH_NOT_FOUND`, `FAILED_BATCH_UNREADABLE`, `NOT_A_FAILED_BATCH`,
 * `LOAD_FAILED` or `STORE_ABORTED`
 */
async function readShown(
  store: FailedBatchStore & FailedBatchListing,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  options: CallOptions,
): Promise<ShownBatch> {
  const { pointer, text } = await store.load({ bucket, key }, options);
  const mark = await store.mark(pointer, options);
  return { ...parseFailedBatch(text), key, bytes: Buffer.byteLength(text), mark };
}

/** Lines that describe a failed batch, without its records. */
function shownLines(shown: ShownBatch): string[] {
  const { bytes, condition, event, failedAt, functionError, invokeCount, key } = shown;
  const [first = 'unknown', ...others] = shown.ranges.map(describeRange);
  return tableLines([
    ['key', key],
    ['state', describeMark(shown.mark)],
    ['failed at', failedAt ?? 'unknown'],
    ['condition', condition],
    ['function error', functionError ?? 'none'],
    ['invocations', String(invokeCount ?? 'unknown')],
    ['last request id', shown.requestId ?? 'unknown'],
    ['records', String(shown.records ?? 'unknown')],
    ['offsets', first],
    ...others.map((range) => ['', range]),
    ['bytes', String(bytes)],
    ['payload', event === undefined ? 'none: read these offsets from the topic' : 'whole'],
  ]);
}

/** A failed batch as JSON, without its records. */
function toJsonShown({ event, key, mark, ranges, ...shown }: ShownBatch): object {
  return {
    key,
    state: mark === undefined ? 'not replayed' : stateOf(mark),
    ...toJsonMark(mark),
    ...shown,
    ranges: ranges.map(toJsonRange),
    hasPayload: event !== undefined,
  };
}

/**
 * The records of a failed batch as JSON lines, as in the archive except for the metadata that the stack's settings
 * and `lambda/enrich.ts` add.
 *
 * @throws {ArchiverError} `NO_PAYLOAD`, or `INVALID_EVENT` if the payload is not a Kafka event
 */
function recordLines({ condition, event, key }: ShownBatch): string[] {
  if (event === undefined) {
    throw new ArchiverError('NO_PAYLOAD', `'${key}' holds offsets only, no records (${condition})`);
  }
  const { runs, source } = parseBatch(event);
  const lines = new LineBuffer();
  const settings = { source, metadata: {}, enrich: noEnrichment };
  const writer = new RecordLineWriter(settings, lines);
  for (const run of runs) writer.write(run, run.records);
  // Every line ends with a line break, so the last part is empty.
  return lines.slice(0, lines.length).toString().split('\n').slice(0, -1);
}

function describeMark(mark: ReplayMark | undefined): string {
  if (mark === undefined) return 'not replayed';
  const state = `${stateOf(mark)}${mark.at === '' ? '' : ` at ${mark.at}`}`;
  if (mark.objects === undefined) return state;
  return `${state} into ${mark.objects} ${mark.objects === 1 ? 'object' : 'objects'}`;
}

function describeRange(range: FailedRange): string {
  const { firstTimestamp, id = 'unknown partition', lastTimestamp } = range;
  const place = `${id} ${formatOffsets(range)}`;
  if (firstTimestamp === undefined) return place;
  if (firstTimestamp === lastTimestamp) return `${place}, produced ${firstTimestamp}`;
  return `${place}, produced ${firstTimestamp} to ${lastTimestamp ?? 'unknown'}`;
}
