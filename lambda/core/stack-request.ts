import { ArchiverError } from './errors.ts';

/**
 * What CloudFormation asks of a custom resource, as far as it is looked at.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
export interface StackRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** Pre-signed URL of S3 that the answer is put to. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** Not with `Create`: the resource is named by the answer to that. */
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
  /** What the stack's events show of a failure. */
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
}

/** The topics that a {@link StackRequest} is about. */
export interface RequestedTopics {
  readonly topics: readonly string[];
  /** Of each topic. */
  readonly partitions: number;
}

/** An answer has at most 4,096 bytes, most of which are its ids. */
const MAX_REASON_LENGTH = 1000;

/** Whether an event comes from CloudFormation, which waits for an answer at its URL. */
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
 * The topics of a request, whose numbers come as text.
 *
 * @throws {ArchiverError} `INVALID_EVENT`
 */
export function requestedTopics({ ResourceProperties }: StackRequest): RequestedTopics {
  const { Topics: topics, Partitions } = ResourceProperties;
  const partitions = Number(Partitions);
  if (!isTextList(topics) || !Number.isSafeInteger(partitions) || partitions < 1) {
    const wanted = 'Topics must be a list of names, and Partitions a whole number from 1';
    throw new ArchiverError('INVALID_EVENT', wanted);
  }
  return { topics, partitions };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/**
 * The answer to a request. The resource keeps one id for good: a new one would have CloudFormation
 * delete the old.
 *
 * @param failure undefined where all is done
 */
export function stackResponse(
  { StackId, RequestId, LogicalResourceId, PhysicalResourceId }: StackRequest,
  failure: ArchiverError | undefined,
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
