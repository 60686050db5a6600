import type {
  BatchSummary,
  ChunkStream,
  Clock,
  Delivery,
  DeliveryFailure,
  DeliveryResult,
} from './core/ports.ts';
import type { Enrich } from './core/record/enrichment.ts';
import type { Batch } from './core/record/kafka-event.ts';
import type { RecordLineSettings } from './core/record/record-line.ts';
import { partOf } from './core/record/run-part.ts';
import { type SendOptions, type SendResult, sendChunks } from './core/stream/send-chunks.ts';
import { createStreamPlanner, type StreamPlan } from './core/stream/stream-plan.ts';
import { notDelivered, summariseBatch } from './delivery-summary.ts';

/** Calls to the stream in parallel: each carries up to 4 MiB, so no batch needs more. */
export const MAX_PARALLEL_CALLS = 4;

/** The parts that delivery through a stream works with. */
export interface StreamDeliveryDeps extends Pick<SendOptions, 'random' | 'pause'> {
  readonly stream: ChunkStream;
  readonly clock: Pick<Clock, 'now'>;
  readonly enrich: Enrich;
  readonly settings: Omit<RecordLineSettings, 'source' | 'enrich'>;
  /** Delivers the records whose lines are too long for the stream. */
  readonly objects: Delivery;
}

/**
 * Delivers batches through a stream, which writes objects when its own buffer is full. Delivery is at least
 * once and keys have no offsets, so a retried batch is archived twice; the identity of records (topic, partition,
 * offset, timestamp, key and value) tells the duplicates. Records that are too long for the stream become objects.
 *
 * Its `deliver` rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`, before it sends anything.
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
        ...summariseBatch(batch, started),
        ...summariseOutcome({ planned, sent, large }),
        encodeMilliseconds: encoded - started,
        storeMilliseconds: clock.now() - encoded,
      };
      return { summary, failures: failuresOf(batch, sent, large) };
    },
  };
}

interface Outcome {
  readonly planned: StreamPlan;
  readonly sent: SendResult;
  /** Of the records that are too long for the stream; undefined if there are none. */
  readonly large: DeliveryResult | undefined;
}

function summariseOutcome({ planned, sent, large }: Outcome) {
  const failed = new Set(sent.failed.map(({ chunk }) => chunk));
  const accepted = planned.chunks.filter((chunk) => !failed.has(chunk));
  const bytes = accepted.reduce((total, chunk) => total + chunk.bytes, 0);
  return {
    bytesIn: planned.bytesIn,
    bytesStored: bytes + (large?.summary.bytesStored ?? 0),
    objects: large?.summary.objects ?? 0,
    alreadyStored: large?.summary.alreadyStored ?? 0,
    keyConflicts: large?.summary.keyConflicts ?? 0,
    failedObjects: large?.summary.failedObjects ?? 0,
    streamRecords: accepted.length,
    streamRejections: sent.rejections,
  } satisfies Partial<BatchSummary>;
}

/**
 * One failure for each run with lines in a chunk that was not accepted, and those of the long lines of other runs: all
 * records of the former are sent again anyway.
 */
function failuresOf(
  { runs }: Batch,
  sent: SendResult,
  large: DeliveryResult | undefined,
): DeliveryFailure[] {
  const ofChunks = runs.flatMap((run) => {
    const failed = sent.failed.find(({ chunk }) => chunk.runs.includes(run));
    return failed === undefined ? [] : [notDelivered([partOf(run, run.records)], failed.error)];
  });
  const named = new Set(ofChunks.flatMap((failure) => failure.runs.map(({ id }) => id)));
  const ofLongLines = (large?.failures ?? []).flatMap(({ runs, error }) => {
    const others = runs.filter(({ id }) => !named.has(id));
    return others.length === 0 ? [] : [{ runs: others, error }];
  });
  return [...ofChunks, ...ofLongLines];
}
