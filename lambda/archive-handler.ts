import type { Context } from 'aws-lambda';
import { DEADLINE_MARGIN_MS } from './contract.ts';
import { type ArchiverError, toArchiverError } from './core/errors.ts';
import type {
  BatchSummary,
  CallOptions,
  Clock,
  Delivery,
  DeliveryFailure,
  DeliveryJob,
  DeliveryResult,
  Telemetry,
} from './core/ports.ts';
import { parseBatch } from './core/record/kafka-event.ts';

/** Settings of the archive handler. */
export interface ArchiveSettings {
  /** Whether the event source mapping takes a partial batch response; the construct sets both. */
  readonly reportBatchItemFailures: boolean;
}

/** The parts that the archive handler works with. */
export interface ArchiveDeps {
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly settings: ArchiveSettings;
}

/** What the handlers use of Lambda's context object. */
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

/**
 * Archives the batch of one invocation: parse, deliver, report.
 *
 * Resolves only when every record of the batch is stored. Otherwise it throws an `AggregateError` that
 * names each topic-partition and offset range that is not, so that the event source mapping keeps the
 * batch; or, where the mapping takes a partial batch response, returns every record of the
 * topic-partitions that failed.
 *
 * @throws {ArchiverError} `INVALID_EVENT`, `ENRICH_FAILED` or `UNEXPECTED`, having stored nothing
 */
export function createArchiveHandler({ clock, delivery, settings, telemetry }: ArchiveDeps) {
  return async (
    event: unknown,
    context: InvocationContext,
  ): Promise<PartialBatchResponse | undefined> => {
    const { awsRequestId: requestId, functionVersion } = context;
    const budget = Math.max(0, context.getRemainingTimeInMillis() - DEADLINE_MARGIN_MS);
    const job = { requestId, functionVersion, ...storeOptions(clock, budget) };

    const result = await deliverEvent(event, delivery, job).catch((cause: unknown) => {
      const error = toArchiverError(cause);
      telemetry.batchRefused(requestId, error);
      throw error;
    });
    const errors = result.failures.map(({ error }) => error);
    telemetry.batchDone(result.summary, errors);

    if (settings.reportBatchItemFailures) return partialResponse(result.failures);
    if (errors.length > 0) throw notArchived(errors, result.summary);
    return undefined;
  };
}

/** How long calls to the store may take within so many milliseconds. */
export function storeOptions(clock: Clock, milliseconds: number): CallOptions {
  // An attempt that is lost early leaves time for another, and one that is slow has time to succeed.
  return { signal: clock.timeout(milliseconds), attemptTimeout: Math.ceil(milliseconds / 2) };
}

async function deliverEvent(
  event: unknown,
  delivery: Delivery,
  job: DeliveryJob,
): Promise<DeliveryResult> {
  return delivery.deliver(parseBatch(event), job);
}

/** The error for a batch, naming everything that is not stored. */
function notArchived(
  errors: readonly ArchiverError[],
  { objects, alreadyStored, failedObjects }: BatchSummary,
): AggregateError {
  const reasons = errors.map(({ message }) => message).join('; ');
  const all = objects + alreadyStored + failedObjects;
  return new AggregateError(errors, `${errors.length} of ${all} objects not stored: ${reasons}`);
}

/**
 * Every record of each topic-partition with something that is not stored: whether the service sends
 * later records of the partition again than those that are named is not documented.
 */
function partialResponse(failures: readonly DeliveryFailure[]): PartialBatchResponse {
  const failed = new Set(failures.map(({ run }) => run));
  return {
    batchItemFailures: [...failed].flatMap(({ id, records }) =>
      records.map(({ offset }) => ({ itemIdentifier: { partition: id, offset } })),
    ),
  };
}
