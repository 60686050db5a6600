/** A message of a queue, as Lambda's event source mapping for SQS delivers it; what is used of it. */
export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** System attributes, all of them text. */
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

/** An invocation's messages: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface QueueEvent {
  readonly Records: readonly QueueMessage[];
}

/** Whether an event is from SQS. Lambda makes it, so that its shape is taken as documented. */
export function isQueueEvent(event: unknown): event is QueueEvent {
  if (typeof event !== 'object' || event === null || !('Records' in event)) return false;
  const { Records: records } = event;
  return Array.isArray(records) && records.every((each) => each?.eventSource === 'aws:sqs');
}
