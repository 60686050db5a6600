import { ArchiverError, toArchiverError } from './core/errors.ts';
import type { Clock } from './core/ports.ts';
import { parseSampleCommand, type SampleRecord, sampleRecords } from './core/sample-records.ts';
import {
  isStackRequest,
  requestedTopics,
  type StackRequest,
  type StackResponse,
  stackResponse,
} from './core/stack-request.ts';
import type { InvocationContext } from './invocation.ts';

/** The topics of the trial cluster. */
export interface TrialTopics {
  /**
   * Creates the topics that are not there yet; one that is there stays as it is.
   *
   * @throws {ArchiverError} `KAFKA_FAILED`: some may be there
   */
  create(topics: readonly string[], partitions: number): Promise<void>;
  /**
   * Produces records, and returns how many the cluster has acknowledged: all of them.
   *
   * @throws {ArchiverError} `KAFKA_FAILED`, which tells how many are acknowledged
   */
  produce(topic: string, records: Iterable<SampleRecord>): Promise<number>;
}

/** The parts that the trial handler works with. */
export interface TrialDeps {
  readonly topics: TrialTopics;
  /**
   * Puts an answer to the URL of its request.
   *
   * @throws {ArchiverError} `UNEXPECTED` where it is not taken
   */
  readonly respond: (url: string, response: StackResponse) => Promise<void>;
  /** Returns after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
  readonly clock: Clock;
}

/** What was produced. */
export interface SampleResult {
  readonly topic: string;
  /** How many the cluster has acknowledged. */
  readonly records: number;
}

/** Milliseconds between two tries to create topics. */
const RETRY_MS = 5_000;
/** Milliseconds of an invocation that are left to answer in. */
const ANSWER_MARGIN_MS = 30_000;

/**
 * Makes the trial function: topics for the stack, or sample records for who invokes it by hand.
 *
 * A request of CloudFormation is always answered, a failure with its reason: without an answer the stack
 * would wait for one. Only if the answer itself is not taken does the invocation fail, so that Lambda makes
 * it again.
 *
 * @throws {ArchiverError} `INVALID_EVENT` for what is no command, `KAFKA_FAILED`, `UNEXPECTED`
 */
export function createTrialHandler(deps: TrialDeps) {
  return async (
    event: unknown,
    context: InvocationContext,
  ): Promise<SampleResult | StackResponse> => {
    if (!isStackRequest(event)) return produce(event, deps);
    const left = Math.max(0, context.getRemainingTimeInMillis() - ANSWER_MARGIN_MS);
    const failure = await carryOut(event, deps, deps.clock.timeout(left)).then(
      () => undefined,
      toArchiverError,
    );
    const response = stackResponse(event, failure);
    await deps.respond(event.ResponseURL, response);
    return response;
  };
}

async function produce(event: unknown, { topics, clock }: TrialDeps): Promise<SampleResult> {
  const { topic, records } = parseSampleCommand(event);
  return { topic, records: await topics.produce(topic, sampleRecords(records, clock.now())) };
}

/**
 * Creates topics, trying again until the signal aborts: permissions that are new may take a minute to
 * count, says https://docs.aws.amazon.com/msk/latest/developerguide/create-iam-access-control-policies.html.
 * Nothing is deleted: topics go with their cluster.
 */
async function carryOut(
  request: StackRequest,
  { topics, pause }: TrialDeps,
  signal: AbortSignal,
): Promise<void> {
  if (request.RequestType === 'Delete') return;
  const { topics: names, partitions } = requestedTopics(request);
  let failure = new ArchiverError('KAFKA_FAILED', 'the trial cluster has not answered in time');
  const expired = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(failure));
  });
  const tryAll = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await topics.create(names, partitions);
        return;
      } catch (error) {
        failure = toArchiverError(error);
        if (!failure.retryable) throw failure;
      }
      await pause(RETRY_MS);
    }
    throw failure;
  };
  await Promise.race([tryAll(), expired]);
}
