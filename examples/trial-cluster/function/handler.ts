import type { Context } from 'aws-lambda';
import { TrialError, toTrialError } from './errors.ts';
import { parseSampleCommand, type SampleRecord, sampleRecords } from './sample-records.ts';
import {
  isStackRequest,
  requestedTopics,
  type StackRequest,
  type StackResponse,
  stackResponse,
} from './stack-request.ts';

/** The topics of the trial cluster. */
export interface TrialTopics {
  /**
   * Creates the topics that do not exist yet, and leaves the others as they are.
   *
   * @throws {TrialError} `KAFKA_FAILED`; some may have been created
   */
  create(topics: readonly string[], partitions: number): Promise<void>;
  /**
   * Produces records, and returns how many the cluster acknowledged, which is all of them.
   *
   * @throws {TrialError} `KAFKA_FAILED`, whose message says how many were acknowledged
   */
  produce(topic: string, records: Iterable<SampleRecord>): Promise<number>;
}

/** Dependencies of the trial handler. */
export interface TrialDeps {
  readonly topics: TrialTopics;
  /**
   * Sends an answer to the URL of its request.
   *
   * @throws {TrialError} `UNEXPECTED` if it is not accepted
   */
  readonly respond: (url: string, response: StackResponse) => Promise<void>;
  /** Resolves after this many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
  readonly clock: {
    /** Epoch milliseconds. */
    readonly now: () => number;
    /** A signal that aborts after this many milliseconds. */
    readonly timeout: (milliseconds: number) => AbortSignal;
  };
}

/** What a sample command produced. */
export interface SampleResult {
  readonly topic: string;
  /** The number of records that the cluster acknowledged. */
  readonly records: number;
}

/** Milliseconds before topics are created again after a failure. */
const RETRY_MS = 5_000;
/** Milliseconds of an invocation that are reserved for the answer. */
const ANSWER_MARGIN_MS = 30_000;

/**
 * Creates the handler of the trial function: it creates topics for CloudFormation, and produces sample records when
 * it is invoked directly.
 *
 * CloudFormation always receives an answer, which gives the reason for a failure; without one, the stack would
 * wait for hours. The invocation fails only when the answer is not accepted, and Lambda then retries it.
 *
 * @throws {TrialError} `INVALID_EVENT` for an event that is not a command, `KAFKA_FAILED`, `UNEXPECTED`
 */
export function createTrialHandler(deps: TrialDeps) {
  return async (
    event: unknown,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<SampleResult | StackResponse> => {
    if (!isStackRequest(event)) return produce(event, deps);
    const left = Math.max(0, context.getRemainingTimeInMillis() - ANSWER_MARGIN_MS);
    const failure = await carryOut(event, deps, deps.clock.timeout(left)).then(
      () => undefined,
      toTrialError,
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
 * Creates topics, and retries until the signal aborts: new permissions may take a minute to take effect, see
 * https://docs.aws.amazon.com/msk/latest/developerguide/create-iam-access-control-policies.html.
 * Nothing is deleted: topics are deleted with their cluster.
 */
async function carryOut(
  request: StackRequest,
  { topics, pause }: TrialDeps,
  signal: AbortSignal,
): Promise<void> {
  if (request.RequestType === 'Delete') return;
  const { topics: names, partitions } = requestedTopics(request);
  let failure = new TrialError('KAFKA_FAILED', 'the trial cluster did not answer in time');
  const expired = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(failure));
  });
  const tryAll = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await topics.create(names, partitions);
        return;
      } catch (error) {
        failure = toTrialError(error);
        if (!failure.retryable) throw failure;
      }
      await pause(RETRY_MS);
    }
    throw failure;
  };
  await Promise.race([tryAll(), expired]);
}
