import { TrialError } from './errors.ts';

/**
 * A request from CloudFormation to a custom resource, with only the fields that are used.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
export interface StackRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** The pre-signed S3 URL for the answer. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** Absent from `Create`, whose answer names the resource. */
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
}

/**
 * The answer to a {@link StackRequest}.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
export interface StackResponse
  extends Pick<StackRequest, 'StackId' | 'RequestId' | 'LogicalResourceId'> {
  readonly Status: 'SUCCESS' | 'FAILED';
  /** The reason for a failure, which the stack's events show. */
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
}

/** The topics that a {@link StackRequest} asks for. */
export interface RequestedTopics {
  readonly topics: readonly string[];
  /** The partitions of each topic. */
  readonly partitions: number;
}

/** The maximum length of a reason. An answer holds at most 4,096 bytes, most of which are needed for its ids. */
const MAX_REASON_LENGTH = 1000;

/** Whether an event comes from CloudFormation, which then waits for an answer. */
export function isStackRequest(event: unknown): event is StackRequest {
  return (
    typeof event === 'object' &&
    event !== null &&
    'RequestType' in event &&
    'ResponseURL' in event &&
    typeof event.ResponseURL === 'string'
  );
}

/**
 * The topics of a request. CloudFormation sends numbers as text.
 *
 * @throws {TrialError} `INVALID_EVENT`
 */
export function requestedTopics({ ResourceProperties }: StackRequest): RequestedTopics {
  const { Topics: topics, Partitions } = ResourceProperties;
  const partitions = Number(Partitions);
  if (!isTextList(topics) || !Number.isSafeInteger(partitions) || partitions < 1) {
    const wanted = 'Topics must be a list of names, and Partitions a whole number from 1';
    throw new TrialError('INVALID_EVENT', wanted);
  }
  return { topics, partitions };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/**
 * The answer to a request. The id of the resource never changes: with a new id, CloudFormation would delete the
 * resource with the old one.
 *
 * @param failure undefined on success
 */
export function stackResponse(
  { StackId, RequestId, LogicalResourceId, PhysicalResourceId }: StackRequest,
  failure: TrialError | undefined,
): StackResponse {
  return {
    ...(failure === undefined
      ? { Status: 'SUCCESS' }
      : { Status: 'FAILED', Reason: failure.message.slice(0, MAX_REASON_LENGTH) }),
    PhysicalResourceId: PhysicalResourceId ?? 'topics',
    StackId,
    RequestId,
    LogicalResourceId,
  };
}
