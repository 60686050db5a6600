import { MOST_NAMED, nameFirst } from './core/bounded-text.ts';
import { toArchiverError } from './core/errors.ts';
import type {
  Clock,
  Delivery,
  DeliveryFailure,
  DeliveryJob,
  DeliveryResult,
  Telemetry,
} from './core/ports.ts';
import { parseBatch } from './core/record/kafka-event.ts';
import { callOptions, type InvocationContext, timeLeft } from './invocation.ts';

/** Settings of the archive handler. */
export interface ArchiveSettings {
  /** Whether the event source mapping accepts a partial batch response; the construct sets both. */
  readonly reportBatchItemFailures: boolean;
}

/** The parts that the archive handler works with. */
export interface ArchiveDeps {
  readonly delivery: Delivery;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly settings: ArchiveSettings;
}

/**
 * The records that a Kafka event source mapping is to retry. Its identifiers are objects, unlike those of
 * other sources: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export interface PartialBatchResponse {
  readonly batchItemFailures: readonly {
    readonly itemIdentifier: { readonly partition: string; readonly offset: number };
  }[];
}

/**
 * Creates the handler that archives the batch of one invocation: parse, deliver, report.
 *
 * It resolves only when every record of the batch is stored. Otherwise it throws an `AggregateError` that
 * names the first topic-partitions and offset ranges that are not known to be stored and counts the others, so the
 * event source mapping retries the batch. If the mapping accepts a partial batch response, it instead returns
 * every record of the runs that share an object which is not known to be stored.
 *
 * @throws {ArchiverError} `INVALID_EVENT`, `ENRICH_FAILED` or `UNEXPECTED`, before it stores anything
 */
export function createArchiveHandler({ clock, delivery, settings, telemetry }: ArchiveDeps) {
  return async (
    event: unknown,
    context: InvocationContext,
  ): Promise<PartialBatchResponse | undefined> => {
    const { awsRequestId: requestId, functionVersion } = context;
    const job = { requestId, functionVersion, ...callOptions(clock, timeLeft(context)) };
    // Not awaited here, where the event would stay in memory until the answer.
    return answer(deliverEvent(event, delivery, job), requestId);
  };

  async function answer(
    delivered: Promise<DeliveryResult>,
    requestId: string,
  ): Promise<PartialBatchResponse | undefined> {
    const result = await delivered.catch((cause: unknown) => {
      const error = toArchiverError(cause);
      telemetry.batchRefused(requestId, error);
      throw error;
    });
    const errors = result.failures.map(({ error }) => error);
    telemetry.batchDone(result.summary, errors);

    if (settings.reportBatchItemFailures) return partialResponse(result.failures);
    if (errors.length > 0) throw notArchived(result);
    return undefined;
  }
}

async function deliverEvent(
  event: unknown,
  delivery: Delivery,
  job: DeliveryJob,
): Promise<DeliveryResult> {
  return delivery.deliver(parseBatch(event), job);
}

/**
 * The error for a batch. It names no more than the first failures: the runtime sends the message in a header, and
 * makes no request if that is over 1 MiB, so that the invocation would end by its timeout.
 */
function notArchived(result: DeliveryResult): AggregateError {
  const errors = result.failures.map(({ error }) => error);
  const reasons = nameFirst(errors, ({ message }) => message);
  return new AggregateError(
    errors.slice(0, MOST_NAMED),
    `${countFailed(result)} not confirmed as stored: ${reasons}`,
  );
}

/** Counts what failed: objects or, where a stream makes the objects, topic-partitions. */
function countFailed({ failures, summary }: DeliveryResult): string {
  const { alreadyStored, failedObjects, moreRuns = 0, objects, runs, streamRecords } = summary;
  if (streamRecords === undefined) {
    return `${failures.length} of ${objects + alreadyStored + failedObjects} objects`;
  }
  const failed = new Set(failures.flatMap((failure) => failure.runs.map(({ id }) => id)));
  return `${failed.size} of ${runs.length + moreRuns} topic-partitions`;
}

/** Names every record to send again, those of a group once, however many of its objects failed. */
function partialResponse(failures: readonly DeliveryFailure[]): PartialBatchResponse {
  const runs = [...new Set(failures.flatMap((failure) => failure.runs))];
  return {
    batchItemFailures: runs.flatMap(({ id, otherIds = [], recordOffsets }) =>
      [id, ...otherIds].flatMap((partition) =>
        recordOffsets.map((offset) => ({ itemIdentifier: { partition, offset } })),
      ),
    ),
  };
}
