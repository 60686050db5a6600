import pLimit from 'p-limit';
import { objectMetadataNames as names } from './contract.ts';
import { type ArchiverError, toArchiverError } from './core/errors.ts';
import {
  type ArchiveObject,
  createPlanner,
  type PlanSettings,
} from './core/object/archive-plan.ts';
import { type StoreOutcome, storeObject } from './core/object/store-object.ts';
import type {
  BatchSummary,
  Clock,
  Delivery,
  DeliveryJob,
  DeliveryResult,
  ObjectStore,
  ObjectTelemetry,
} from './core/ports.ts';
import type { Enrich } from './core/record/enrichment.ts';
import type { Batch } from './core/record/kafka-event.ts';
import { notDelivered, summariseBatch } from './delivery-summary.ts';

/** What the objects are like, and how many are put in parallel. */
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

/** An object with either the outcome of storing it or the error. */
interface StoreResult {
  readonly object: ArchiveObject;
  readonly outcome?: StoreOutcome;
  readonly error?: ArchiverError;
}

/**
 * Delivers batches as objects: one for each batch run and time folder, under keys that depend on the batch
 * alone, so that a retried batch finds itself already stored.
 *
 * Its `deliver` rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`, before it stores anything.
 */
export function createObjectDelivery(deps: ObjectDeliveryDeps): Delivery {
  const { clock, enrich, settings } = deps;
  const plan = createPlanner(settings, enrich);
  return {
    async deliver(batch: Batch, job: DeliveryJob): Promise<DeliveryResult> {
      const started = clock.now();
      const { bytesIn, objects } = await plan(batch);
      const encoded = clock.now();
      const limit = pLimit(settings.maxParallelPuts);
      const results = await Promise.all(
        objects.map((object) => limit(() => storeOne(object, deps, job))),
      );
      return {
        summary: {
          requestId: job.requestId,
          ...summariseBatch(batch, started),
          bytesIn,
          ...summariseResults(results),
          encodeMilliseconds: encoded - started,
          storeMilliseconds: clock.now() - encoded,
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
  } catch (cause) {
    const { first, last, run } = object;
    return { object, error: notDelivered({ ...run, first, last }, toArchiverError(cause)) };
  }
}

function summariseResults(
  results: readonly StoreResult[],
): Pick<
  BatchSummary,
  'bytesStored' | 'objects' | 'alreadyStored' | 'keyConflicts' | 'failedObjects'
> {
  const outcomes = results.flatMap(({ object, outcome }) => (outcome ? [{ object, outcome }] : []));
  const stored = outcomes.filter(({ outcome }) => outcome.status === 'stored');
  return {
    bytesStored: stored.reduce((total, { object }) => total + object.body.length, 0),
    objects: stored.length,
    alreadyStored: outcomes.length - stored.length,
    keyConflicts: outcomes.filter(({ outcome }) => outcome.keyConflict).length,
    failedObjects: results.length - outcomes.length,
  };
}
