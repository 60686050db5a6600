/** Metrics with the same dimensions, as the documentation of their service lists them. */
export interface DocumentedMetrics {
  readonly namespace: string;
  /** The names of the dimensions, in the order in which the CDK writes them. */
  readonly dimensions: readonly string[];
  /** The page, and the day on which a copy of it was read. */
  readonly source: string;
  readonly read: string;
  /** What an archive can watch: metrics of the service itself, or documented for Kafka. */
  readonly names: readonly string[];
  /** Documented for other event sources only. */
  readonly elsewhere?: readonly string[];
  /** Used although the documentation does not say that Kafka has them, or with these dimensions: marked in `lib`. */
  readonly assumed?: readonly string[];
  /** The statistic with which the page says to view a metric. */
  readonly statistics?: Readonly<Record<string, string>>;
}

const LAMBDA = {
  namespace: 'AWS/Lambda',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html',
  read: '2026-11-28',
};

/** The metrics of AWS that alarms and graphs may use. A namespace that is missing here may not be used. */
export const documentedMetrics: readonly DocumentedMetrics[] = [
  {
    ...LAMBDA,
    dimensions: ['FunctionName'],
    names: [
      ...['Invocations', 'Errors', 'DeadLetterErrors', 'Throttles', 'RecursiveInvocationsDropped'],
      ...['Duration', 'PostRuntimeExtensionsDuration', 'ConcurrentExecutions'],
      ...['ProvisionedConcurrencyInvocations', 'ProvisionedConcurrencySpilloverInvocations'],
      ...['ProvisionedConcurrentExecutions', 'ProvisionedConcurrencyUtilization'],
      ...['AsyncEventsReceived', 'AsyncEventAge', 'AsyncEventsDropped'],
    ],
    elsewhere: ['IteratorAge', 'OversizedRecordCount', 'DestinationDeliveryFailures'],
    // The page documents OffsetLag for Kafka, but names no dimension.
    assumed: ['DestinationDeliveryFailures', 'OffsetLag'],
    statistics: { Invocations: 'Sum', Errors: 'Sum', Throttles: 'Sum' },
  },
  {
    ...LAMBDA,
    dimensions: ['EventSourceMappingUUID'],
    names: [
      // Of the group EventCount.
      ...['PolledEventCount', 'FilteredOutEventCount', 'InvokedEventCount'],
      ...['FailedInvokeEventCount', 'DroppedEventCount', 'CommittedEventCount'],
      'OnFailureDestinationDeliveredEventCount',
      // Of the group ErrorCount.
      ...['PollingErrorCount', 'InvokeErrorCount', 'SchemaRegistryErrorCount'],
      ...['CommitErrorCount', 'OnFailureDestinationDeliveryErrorCount'],
      // Of the group KafkaMetrics.
      ...['MaxOffsetLag', 'SumOffsetLag'],
      // In provisioned mode.
      ...['ProvisionedPollers', 'EventPollerUnit', 'EventPollerThroughputInBytes'],
    ],
    elsewhere: ['DeletedEventCount'],
    statistics: {
      ...{ ProvisionedPollers: 'Maximum', EventPollerUnit: 'Sum' },
      EventPollerThroughputInBytes: 'Sum',
    },
  },
  {
    namespace: 'AWS/SQS',
    dimensions: ['QueueName'],
    source:
      'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html',
    read: '2026-11-28',
    names: [
      ...['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesDelayed'],
      ...['ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesVisible'],
      'NumberOfEmptyReceives',
    ],
  },
  {
    namespace: 'AWS/Firehose',
    dimensions: ['DeliveryStreamName'],
    source:
      'https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html',
    read: '2026-11-28',
    names: [
      ...['DeliveryToS3.Bytes', 'DeliveryToS3.DataFreshness', 'DeliveryToS3.ObjectCount'],
      ...['DeliveryToS3.Records', 'DeliveryToS3.Success', 'ActivePartitionsLimit'],
      ...['PartitionCount', 'PartitionCountExceeded', 'JQProcessing.Duration'],
      ...['IncomingBytes', 'IncomingRecords', 'ThrottledRecords'],
    ],
  },
];
