/**
 * Names of the alarms. The alarm of a stack is called `<stack name>-<name>`, and docs/runbook.md has a
 * section of that name.
 */
export const alarmNames = {
  /** More than a batch is waiting in a topic, and it becomes more. */
  lagGrowing: 'lag-growing',
  /** Records are older than they may be when they are archived. */
  dataAge: 'data-age',
  /** A topic in which nothing comes; of each topic, where that is asked for. */
  noRecords: 'no-records',
  /** Invocations of the archive function that fail, again and again. */
  functionErrors: 'function-errors',
  /** Invocations of the archive function that take most of their time. */
  nearTimeout: 'near-timeout',
  /** Invocations of the archive function that Lambda refuses. */
  throttled: 'throttled',
  /** An object whose key held another body. */
  keyConflict: 'key-conflict',
  /** Records that wait in the delivery stream for longer than they should; with it only, as the next three. */
  streamLate: 'stream-late',
  /** Records that the delivery stream has no room for. */
  streamThrottled: 'stream-throttled',
  /** Objects that the delivery stream could not put. */
  streamFailed: 'stream-failed',
  /** More folders at a time than the delivery stream keeps apart. */
  streamFolders: 'stream-folders',
  /** A failed batch that nothing replays. */
  deadLetter: 'dead-letter',
  /** Failed batches that nobody replays. */
  failedBatchWaiting: 'failed-batch-waiting',
  /** A batch that could neither be archived nor kept. */
  destinationDeliveryFailed: 'destination-delivery-failed',
  /** Records that an event source mapping dropped; where it has metrics of its own. */
  droppedEvents: 'dropped-events',
  /** Invocations of the replay function that end without an answer. */
  replayFunctionErrors: 'replay-function-errors',
} as const;

/** One of {@link alarmNames}. */
export type AlarmName = (typeof alarmNames)[keyof typeof alarmNames];

/** The name of a stack's alarm. */
export function alarmName(stackName: string, name: AlarmName): string {
  return `${stackName}-${name}`;
}

/** The name of a stack's alarm for one topic without records. */
export function noRecordsAlarmName(stackName: string, topic: string): string {
  return `${alarmName(stackName, alarmNames.noRecords)}-${topic}`;
}

/** The name of a stack's alarm for the mappings that the first one, by its number 0, has no room for. */
export function droppedEventsAlarmName(stackName: string, number: number): string {
  const name = alarmName(stackName, alarmNames.droppedEvents);
  return number === 0 ? name : `${name}-${number + 1}`;
}
