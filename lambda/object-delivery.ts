import pLimit from 'p-limit';
import { objectMetadataNames as names } from './contract.ts';
import { toArchiverError } from './core/errors.ts';
import {
  type ArchiveObject,
  type ArchivePlan,
  createPlanner,
  type PlanSettings,
} from './core/object/archive-plan.ts';
import { ConfirmedObjects } from './core/object/confirmed-objects.ts';
import { type StoreOutcome, storeObject } from './core/object/store-object.ts';
import type {
  BatchSummary,
  Clock,
  Delivery,
  DeliveryFailure,
  DeliveryJob,
  DeliveryResult,
  ObjectStore,
  ObjectTelemetry,
} from './core/ports.ts';
import type { Enrich } from './core/record/enrichment.ts';
import type { Batch } from './core/record/kafka-event.ts';
import { type BatchFigures, notDelivered, summariseBatch } from './delivery-summary.ts';

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
  /** From 0 to 1: in which order a try stores the objects of a batch. */
  readonly random: () => number;
  readonly settings: ObjectDeliverySettings;
}

/** An object with either the outcome of storing it or the failure. */
interface StoreResult {
  readonly object: ArchiveObject;
  readonly outcome?: StoreOutcome;
  readonly failure?: DeliveryFailure;
}

/** A batch that is being planned, without its records. */
interface PlannedBatch {
  readonly figures: BatchFigures;
  readonly plan: Promise<ArchivePlan>;
  /** Epoch milliseconds. */
  readonly started: number;
}

/**
 * Delivers batches as objects: one for each time folder or, by another setting, for each batch run and time folder.
 * Their keys depend on the batch alone, so that a retried batch finds itself already stored.
 *
 * A batch with more objects than one invocation has time for gets further with each try. In the same execution
 * environment, a try asks for no object that an earlier one knew to be stored. In another one, its order is at
 * random, so that it does not spend its time on the same objects as the try before.
 *
 * Its `deliver` rejects with an `ArchiverError`, `INVALID_EVENT` or `ENRICH_FAILED`, before it stores anything.
 */
export function createObjectDelivery(deps: ObjectDeliveryDeps): Delivery {
  const { clock, enrich, random, settings } = deps;
  const plan = createPlanner(settings, enrich);
  const confirmed = new ConfirmedObjects();
  return {
    async deliver(batch: Batch, job: DeliveryJob): Promise<DeliveryResult> {
      const started = clock.now();
      const figures = summariseBatch(batch, started);
      // Not awaited here, where the batch would stay in memory until it is stored.
      return storePlanned({ figures, plan: plan(batch), started }, job);
    },
  };

  async function storePlanned(
    { figures, started, ...planned }: PlannedBatch,
    job: DeliveryJob,
  ): Promise<DeliveryResult> {
    const { bytesIn, objects } = await planned.plan;
    const encoded = clock.now();
    const limit = pLimit(settings.maxParallelPuts);
    // Each result has its object's place again, whatever the order of the calls.
    const results: StoreResult[] = [];
    await Promise.all(
      shuffle([...objects.entries()], random).map(([place, object]) =>
        limit(async () => {
          const known = confirmed.find(object, encoded);
          results[place] = await storeOne(object, job, { ...deps, known });
        }),
      ),
    );
    remember(results, confirmed, encoded);
    return {
      summary: {
        requestId: job.requestId,
        ...figures,
        bytesIn,
        ...summariseResults(results),
        encodeMilliseconds: encoded - started,
        storeMilliseconds: clock.now() - encoded,
      },
      failures: results.flatMap(({ failure }) => failure ?? []),
    };
  }
}

/** Orders things at random. */
function shuffle<Thing>(things: readonly Thing[], random: () => number): Thing[] {
  const drawn = things.map((thing) => ({ thing, lot: random() }));
  return drawn.sort((a, b) => a.lot - b.lot).map(({ thing }) => thing);
}

/** Keeps what is known about the objects of a batch for its next try, as long as there will be one. */
function remember(results: readonly StoreResult[], confirmed: ConfirmedObjects, now: number): void {
  const isComplete = results.every(({ failure }) => failure === undefined);
  for (const { object, outcome } of results) {
    if (isComplete) confirmed.forget(object);
    else if (outcome !== undefined) confirmed.add(object, outcome, now);
  }
}

interface StoreDeps extends Pick<ObjectDeliveryDeps, 'store' | 'clock' | 'telemetry'> {
  /** The outcome, if an earlier try knew the object to be stored. */
  readonly known: StoreOutcome | undefined;
}

async function storeOne(
  object: ArchiveObject,
  { requestId, functionVersion, provenance, ...options }: DeliveryJob,
  { clock, known, store, telemetry }: StoreDeps,
): Promise<StoreResult> {
  const metadata = {
    ...object.metadata,
    ...provenance,
    [names.requestId]: requestId,
    [names.functionVersion]: functionVersion,
    [names.storedAt]: new Date(clock.now()).toISOString(),
  };
  try {
    const outcome = known ?? (await storeObject(store, { ...object, metadata }, options));
    telemetry.objectStored({
      requestId,
      key: outcome.key,
      records: object.records,
      bytes: object.body.length,
      outcome: outcome.status,
      keyConflict: outcome.keyConflict,
    });
    return { object, outcome };
  } catch (cause) {
    // Part of a group would make other keys, and leave those of the whole group incomplete.
    const { error } = notDelivered(object.runs, toArchiverError(cause));
    return { object, failure: { runs: object.group, error } };
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
