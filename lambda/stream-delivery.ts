import { ArchiverError } from './core/errors.ts';
import { isFolderTimestamp } from './core/object/object-key.ts';
import type {
  BatchSummary,
  ChunkStream,
  Clock,
  Delivery,
  DeliveryFailure,
  DeliveryResult,
} from './core/ports.ts';
import type { Enrich, MetadataFields } from './core/record/enrichment.ts';
import type { Batch, BatchRun } from './core/record/kafka-event.ts';
import { type SendOptions, type SendResult, sendChunks } from './core/stream/send-chunks.ts';
import { createStreamPlanner, type StreamPlan } from './core/stream/stream-plan.ts';
import { oldestRecordAge, runSummaries } from './object-delivery.ts';

/** Calls of the stream at a time: each takes up to 4 MiB, so this is more than a batch has. */
export const MAX_PARALLEL_CALLS = 4;

/** The parts that delivery through a stream works with. */
export interface StreamDeliveryDeps extends Pick<SendOptions, 'random' | 'pause'> {
  readonly stream: ChunkStream;
  readonly clock: Pick<Clock, 'now'>;
  readonly enrich: Enrich;
  readonly settings: { readonly metadata: MetadataFields };
  /** Takes the records whose lines are too long for the stream. */
  readonly objects: Delivery;
}

/**
 * Delivers batches through a stream, which makes objects of them in its own time: at least once, and without
 * offsets in keys, so that a batch that comes again is there twice, exact by topic, partition and offset.
 * Records that the stream cannot carry become objects of their own.
 *
 * Its `deliver` rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`, having sent nothing.
 */
export function createStreamDelivery(deps: StreamDeliveryDeps): Delivery {
  const { clock, enrich, objects, pause, random, settings, stream } = deps;
  const plan = createStreamPlanner(settings, enrich);
  return {
    async deliver(batch, job) {
      const started = clock.now();
      const planned = plan(batch);
      const encoded = clock.now();
      const options = { ...job, random, pause, maxParallelCalls: MAX_PARALLEL_CALLS };
      const [sent, large] = await Promise.all([
        sendChunks(stream, planned.chunks, options).finally(planned.release),
        planned.oversize.length === 0
          ? undefined
          : objects.deliver({ ...batch, runs: planned.oversize }, job),
      ]);
      const summary = {
        requestId: job.requestId,
        ...summarise(batch, { planned, sent, large }),
        encodeMilliseconds: encoded - started,
        storeMilliseconds: clock.now() - encoded,
        oldestRecordAge: oldestRecordAge(batch, started),
      };
      return { summary, failures: failuresOf(batch, sent, large) };
    },
  };
}

interface Outcome {
  readonly planned: StreamPlan;
  readonly sent: SendResult;
  readonly large: DeliveryResult | undefined;
}

type Figures = Omit<
  BatchSummary,
  'requestId' | 'encodeMilliseconds' | 'storeMilliseconds' | 'oldestRecordAge'
>;

function summarise({ runs }: Batch, { planned, sent, large }: Outcome): Figures {
  const failed = new Set(sent.failed.map(({ chunk }) => chunk));
  const taken = planned.chunks.filter((chunk) => !failed.has(chunk));
  const bytes = taken.reduce((total, chunk) => total + chunk.bytes, 0);
  return {
    topic: runs[0]?.topic,
    runs: runSummaries(runs),
    records: runs.reduce((total, { records }) => total + records.length, 0),
    bytesIn: planned.bytesIn,
    bytesStored: bytes + (large?.summary.bytesStored ?? 0),
    objects: large?.summary.objects ?? 0,
    alreadyStored: large?.summary.alreadyStored ?? 0,
    keyConflicts: large?.summary.keyConflicts ?? 0,
    invalidTimestamps: runs
      .flatMap(({ records }) => records)
      .filter(({ timestamp }) => !isFolderTimestamp(timestamp)).length,
    failedObjects: large?.summary.failedObjects ?? 0,
    streamRecords: taken.length,
    streamRejections: sent.rejections,
  };
}

/** For each run that lacks anything, one failure. */
function failuresOf(
  { runs }: Batch,
  sent: SendResult,
  large: DeliveryResult | undefined,
): DeliveryFailure[] {
  return runs.flatMap((run) => {
    const own = sent.failed.find(({ chunk }) => chunk.runs.includes(run));
    if (own !== undefined) return [{ run, error: notSent(run, own.error) }];
    const lacking = large?.failures.find((failure) => failure.run.id === run.id);
    return lacking === undefined ? [] : [{ run, error: lacking.error }];
  });
}

/** The error for one run, naming the records in it. */
function notSent({ topic, partition, first, last }: BatchRun, cause: ArchiverError): ArchiverError {
  const { code, retryable, message } = cause;
  const range = `${topic}-${partition} offsets ${first} to ${last}`;
  return new ArchiverError(code, `${range}: ${message} (${code})`, { retryable, cause });
}
