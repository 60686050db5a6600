/**
 * Names of the alarms. The alarm of a stack is called `<stack name>-<name>`, and docs/runbook.md has a
 * section of that name.
 */
export const alarmNames = {
  /** A failed batch that nothing replays. */
  deadLetter: 'dead-letter',
  /** Failed batches that nobody replays. */
  failedBatchWaiting: 'failed-batch-waiting',
  /** A batch that could neither be archived nor kept. */
  destinationDeliveryFailed: 'destination-delivery-failed',
} as const;
