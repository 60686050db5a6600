/**
 * Names of the alarms. The alarm of a stack is named `<stack name>-<name>`, and docs/runbook.md has a
 * section with that name.
 */
export const alarmNames = {
  /** More than one batch waits in a topic, and the number of records grows. */
  lagGrowing: 'lag-growing',
  /** Records are older than the target when they are archived. */
  dataAge: 'data-age',
  /** A topic receives no records; one alarm for each topic, if the settings ask for it. */
  noRecords: 'no-records',
  /** Invocations of the archive function keep failing. */
  functionErrors: 'function-errors',
  /** Invocations of the archive function use most of their time. */
  nearTimeout: 'near-timeout',
  /** Lambda throttles invocations of the archive function. */
  throttled: 'throttled',
  /** The key of an object held another body. */
  keyConflict: 'key-conflict',
  /** Lambda does not poll a topic; one alarm for each mapping. This and the next three need event metrics. */
  noPolls: 'no-polls',
  /** Polls of an event source mapping keep failing. */
  pollingErrors: 'polling-errors',
  /** An event source mapping keeps failing to commit offsets. */
  commitErrors: 'commit-errors',
  /** Lambda cannot fetch a schema, or a record does not match it; only with a schema registry. */
  schemaRegistryErrors: 'schema-registry-errors',
  /** Records wait in the delivery stream for too long. This and the next three exist only with a stream. */
  streamLate: 'stream-late',
  /** The delivery stream throttles. */
  streamThrottled: 'stream-throttled',
  /** The delivery stream cannot put objects. */
  streamFailed: 'stream-failed',
  /** Records belong to more folders at a time than the delivery stream can separate. */
  streamFolders: 'stream-folders',
  /** A failed batch cannot be replayed. */
  deadLetter: 'dead-letter',
  /** Failed batches wait for their replay for too long. */
  failedBatchWaiting: 'failed-batch-waiting',
  /** A batch could neither be archived nor kept. */
  destinationDeliveryFailed: 'destination-delivery-failed',
  /** An event source mapping dropped records; only for mappings with event metrics. */
  droppedEvents: 'dropped-events',
  /** Invocations of the replay function end without an answer. */
  replayFunctionErrors: 'replay-function-errors',
  /** Records are lost, or offsets unexplained. This and the next two exist only with the audit. */
  lostRecords: 'lost-records',
  /** Different records are stored at the same offsets. */
  conflictingRecords: 'conflicting-records',
  /** The audit does not audit every topic; not while it is paused. */
  auditOverdue: 'audit-overdue',
  /** No table of the catalog covers a folder of the archive, or the check failed; only with a catalog. */
  uncoveredFolders: 'uncovered-folders',
} as const;

/** One of {@link alarmNames}. */
export type AlarmName = (typeof alarmNames)[keyof typeof alarmNames];

/** Returns the name of an alarm of a stack. */
export function alarmName(stackName: string, name: AlarmName): string {
  return `${stackName}-${name}`;
}

/** Returns the name of an alarm that exists for each topic. */
export function topicAlarmName(stackName: string, name: AlarmName, topic: string): string {
  return `${alarmName(stackName, name)}-${topic}`;
}

/** Returns the name of one of several alarms that share the mappings of a stack; the first is 0. */
export function groupAlarmName(stackName: string, name: AlarmName, group: number): string {
  const first = alarmName(stackName, name);
  return group === 0 ? first : `${first}-${group + 1}`;
}
