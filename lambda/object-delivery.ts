import pLimit from 'p-limit';
import { objectMetadataNames as names } from './contract.ts';
import { ArchiverError, toArchiverError } from './core/errors.ts';
import {
  type ArchiveObject,
  type ArchivePlan,
  createPlanner,
  type PlanSettings,
} from './core/object/archive-plan.ts';
import { isFolderTimestamp } from './core/object/object-key.ts';
import { type StoreOutcome, storeObject } from './core/object/store-object.ts';
import type {
  BatchSummary,
  Clock,
  Delivery,
  DeliveryJob,
  DeliveryResult,
  ObjectStore,
  ObjectTelemetry,
  RunSummary,
} from './core/ports.ts';
import type { Enrich } from './core/record/enrichment.ts';
import type { Batch, BatchRun } from './core/record/kafka-event.ts';

/** What objects there are to be, and how they are stored. */
export interface ObjectDeliverySettings extends PlanSettings {
  readonly maxParallelPuts: number;
}

/** The parts that delivery into objects works with. */
export interface ObjectDeliveryDeps {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly telemetry: ObjectTelemetry;
  readonly enrich: Enrich;
  readonly settings: ObjectDeliverySettings;
}

/** An object and how storing it ended: one of `outcome` and `error` is there. */
interface StoreResult {
  readonly object: ArchiveObject;
  readonly outcome?: StoreOutcome;
  readonly error?: ArchiverError;
}

/**
 * Delivers batches as objects: one for each batch run and time folder, created under keys that follow
 * from the batch alone, so that a batch that comes again finds itself stored.
 *
 * Its `deliver` rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`, having stored nothing.
 */
export function createObjectDelivery(deps: ObjectDeliveryDeps): Delivery {
  const { clock, enrich, settings } = deps;
  const plan = createPlanner(settings, enrich);
  return {
    async deliver(batch: Batch, job: DeliveryJob): Promise<DeliveryResult> {
      const started = clock.now();
      const planned = await plan(batch);
      const encoded = clock.now();
      const limit = pLimit(settings.maxParallelPuts);
      const results = await Promise.all(
        planned.objects.map((object) => limit(() => storeOne(object, deps, job))),
      );
      return {
        summary: {
          requestId: job.requestId,
          ...summarise(planned, results),
          encodeMilliseconds: encoded - started,
          storeMilliseconds: clock.now() - encoded,
          oldestRecordAge: oldestRecordAge(batch, started),
        },
        failures: results.flatMap(({ object, error }) =>
          error === undefined ? [] : [{ run: object.run, error }],
        ),
      };
    },
  };
}

async function storeOne(
  object: ArchiveObject,
  deps: ObjectDeliveryDeps,
  { requestId, functionVersion, provenance, ...options }: DeliveryJob,
): Promise<StoreResult> {
  const metadata = {
    ...object.metadata,
    ...provenance,
    [names.requestId]: requestId,
    [names.functionVersion]: functionVersion,
    [names.storedAt]: new Date(deps.clock.now()).toISOString(),
  };
  try {
    const outcome = await storeObject(deps.store, { ...object, metadata }, options);
    deps.telemetry.objectStored({
      requestId,
      key: outcome.key,
      records: object.records,
      bytes: object.body.length,
      outcome: outcome.status,
      keyConflict: outcome.keyConflict,
    });
    return { object, outcome };
  } catch (error) {
    return { object, error: notStored(object, error) };
  }
}

/** The error for one object, naming the records in it. */
function notStored({ run, first, last }: ArchiveObject, error: unknown): ArchiverError {
  const cause = toArchiverError(error);
  const { code, retryable, message } = cause;
  const range = `${run.topic}-${run.partition} offsets ${first} to ${last}`;
  return new ArchiverError(code, `${range}: ${message} (${code})`, { retryable, cause });
}

/** Milliseconds from the earliest valid timestamp of the batch; a producer's clock may be ahead of ours. */
export function oldestRecordAge({ runs }: Batch, now: number): number | undefined {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { records } of runs) {
    for (const { timestamp } of records) {
      if (isFolderTimestamp(timestamp) && timestamp < oldest) oldest = timestamp;
    }
  }
  return oldest === Number.POSITIVE_INFINITY ? undefined : Math.max(0, now - oldest);
}

type Figures = Omit<
  BatchSummary,
  'requestId' | 'encodeMilliseconds' | 'storeMilliseconds' | 'oldestRecordAge'
>;

function summarise({ objects, bytesIn }: ArchivePlan, results: readonly StoreResult[]): Figures {
  const outcomes = results.flatMap(({ object, outcome }) => (outcome ? [{ object, outcome }] : []));
  const stored = outcomes.filter(({ outcome }) => outcome.status === 'stored');
  const runs = [...new Set(objects.map(({ run }) => run))];
  return {
    topic: runs[0]?.topic,
    runs: runSummaries(runs),
    records: sum(objects, ({ records }) => records),
    bytesIn,
    bytesStored: sum(stored, ({ object }) => object.body.length),
    objects: stored.length,
    alreadyStored: outcomes.length - stored.length,
    keyConflicts: outcomes.filter(({ outcome }) => outcome.keyConflict).length,
    invalidTimestamps: sum(objects, (object) => object.invalidTimestamps),
    failedObjects: results.length - outcomes.length,
  };
}

/** What the log line says of runs. */
export function runSummaries(runs: readonly BatchRun[]): RunSummary[] {
  return runs.map(({ partition, first, last, records }) => ({
    partition,
    firstOffset: first,
    lastOffset: last,
    records: records.length,
  }));
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}
