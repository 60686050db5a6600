import type { Context } from 'aws-lambda';
import pLimit from 'p-limit';
import { DEADLINE_MARGIN_MS, objectMetadataNames as names } from './contract.ts';
import {
  type ArchiveObject,
  type ArchivePlan,
  createPlanner,
  type Planner,
  type PlanSettings,
} from './core/archive-plan.ts';
import type { Enrich } from './core/enrichment.ts';
import { ArchiverError, toArchiverError } from './core/errors.ts';
import { parseBatch } from './core/kafka-event.ts';
import type { Clock, ObjectStore, StoreOptions, Telemetry } from './core/ports.ts';
import { type StoreOutcome, storeObject } from './core/store-object.ts';

/** Settings of the archive handler: what objects there are to be, and how they are stored. */
export interface ArchiveSettings extends PlanSettings {
  readonly maxParallelPuts: number;
  /** Whether the event source mapping takes a partial batch response; the construct sets both. */
  readonly reportBatchItemFailures: boolean;
}

/** The parts that the archive handler works with. */
export interface ArchiveDeps {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly enrich: Enrich;
  readonly settings: ArchiveSettings;
}

/** What the handler uses of Lambda's context object. */
export type InvocationContext = Pick<
  Context,
  'awsRequestId' | 'functionVersion' | 'getRemainingTimeInMillis'
>;

/**
 * The records that a Kafka event source mapping is to send again. Its identifiers are objects, unlike
 * those of other sources: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export interface PartialBatchResponse {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: { readonly partition: string; readonly offset: number };
  }[];
}

/** An object and how storing it ended: one of `outcome` and `error` is there. */
interface StoreResult {
  readonly object: ArchiveObject;
  readonly outcome?: StoreOutcome;
  readonly error?: ArchiverError;
}

/**
 * Archives the batch of one invocation: parse, plan, store, report.
 *
 * Resolves only when every object of the batch is stored. Otherwise it throws an `AggregateError` that
 * names each topic-partition and offset range that is not, so that the event source mapping keeps the
 * batch; or, where the mapping takes a partial batch response, returns every record of the
 * topic-partitions that failed.
 *
 * @throws {ArchiverError} `INVALID_EVENT`, `ENRICH_FAILED` or `UNEXPECTED`, having stored nothing
 */
export function createArchiveHandler(deps: ArchiveDeps) {
  const { clock, settings, telemetry } = deps;
  const plan = createPlanner(settings, deps.enrich);
  return async (
    event: unknown,
    context: InvocationContext,
  ): Promise<PartialBatchResponse | undefined> => {
    const budget = Math.max(0, context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS);
    // An attempt that is lost early leaves time for another, and one that is slow has time to succeed.
    const options = { signal: clock.timeout(budget), attemptTimeout: Math.ceil(budget / 2) };
    const requestId = context.awsRequestId;
    const started = clock.now();

    const planned = await planEvent(event, plan).catch((cause: unknown) => {
      const error = toArchiverError(cause);
      telemetry.batchRefused(requestId, error);
      throw error;
    });
    const encoded = clock.now();
    const results = await storeAll(planned.objects, { deps, context, options });
    const failures = results.flatMap(({ error }) => error ?? []);
    const times = {
      encodeMilliseconds: encoded - started,
      storeMilliseconds: clock.now() - encoded,
    };
    telemetry.batchDone({ requestId, ...summarise(planned, results), ...times }, failures);

    if (settings.reportBatchItemFailures) return partialResponse(results);
    if (failures.length > 0) throw notArchived(failures, results.length);
    return undefined;
  };
}

async function planEvent(event: unknown, plan: Planner): Promise<ArchivePlan> {
  return plan(parseBatch(event));
}

interface StoreJob {
  readonly deps: ArchiveDeps;
  readonly context: InvocationContext;
  readonly options: StoreOptions;
}

function storeAll(objects: readonly ArchiveObject[], job: StoreJob): Promise<StoreResult[]> {
  const limit = pLimit(job.deps.settings.maxParallelPuts);
  return Promise.all(objects.map((object) => limit(() => storeOne(object, job))));
}

async function storeOne(object: ArchiveObject, job: StoreJob): Promise<StoreResult> {
  const { deps, context, options } = job;
  const provenance = {
    [names.requestId]: context.awsRequestId,
    [names.functionVersion]: context.functionVersion,
    [names.storedAt]: new Date(deps.clock.now()).toISOString(),
  };
  try {
    const withProvenance = { ...object, metadata: { ...object.metadata, ...provenance } };
    const outcome = await storeObject(deps.store, withProvenance, options);
    deps.telemetry.objectStored({
      requestId: context.awsRequestId,
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

/** The error for a batch, naming every object that is not stored. */
function notArchived(failures: readonly ArchiverError[], objects: number): AggregateError {
  const reasons = failures.map(({ message }) => message).join('; ');
  return new AggregateError(
    failures,
    `${failures.length} of ${objects} objects not stored: ${reasons}`,
  );
}

/** The error for one object, naming the records in it. */
function notStored({ run, first, last }: ArchiveObject, error: unknown): ArchiverError {
  const cause = toArchiverError(error);
  const { code, retryable, message } = cause;
  const range = `${run.topic}-${run.partition} offsets ${first} to ${last}`;
  return new ArchiverError(code, `${range}: ${message} (${code})`, { retryable, cause });
}

function summarise({ objects, bytesIn }: ArchivePlan, results: StoreResult[]) {
  const outcomes = results.flatMap(({ object, outcome }) => (outcome ? [{ object, outcome }] : []));
  const stored = outcomes.filter(({ outcome }) => outcome.status === 'stored');
  const runs = [...new Set(objects.map(({ run }) => run))];
  return {
    topic: runs[0]?.topic,
    runs: runs.map(({ partition, first, last, records }) => ({
      partition,
      firstOffset: first,
      lastOffset: last,
      records: records.length,
    })),
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

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}

/**
 * Every record of each topic-partition with an object that is not stored: whether the service sends
 * later records of the partition again than those that are named is not documented.
 */
function partialResponse(results: readonly StoreResult[]): PartialBatchResponse {
  const failed = new Set(results.flatMap(({ object, error }) => (error ? [object.run] : [])));
  return {
    batchItemFailures: [...failed].flatMap(({ id, records }) =>
      records.map(({ offset }) => ({ itemIdentifier: { partition: id, offset } })),
    ),
  };
}
