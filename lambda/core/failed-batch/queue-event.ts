/** The fields used of a message that Lambda's event source mapping for SQS delivers. */
export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** System attributes; all values are text. */
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

/** The messages of one invocation: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface QueueEvent {
  readonly Records: readonly QueueMessage[];
}

/** Whether an event is from SQS. Lambda creates it, so its shape is trusted to be as documented. */
export function isQueueEvent(event: unknown): event is QueueEvent {
  if (typeof event !== 'object' || event === null || !('Records' in event)) return false;
  const { Records: records } = event;
  return Array.isArray(records) && records.every((each) => each?.eventSource === 'aws:sqs');
}
