import {
  type Compression,
  type LogLevel,
  environmentNames as names,
  type StorageClass,
  type TimeFolder,
} from '../../lambda/contract.ts';

/** What both functions are told: where objects go and what they are like, and what is logged. */
export interface StoreEnvironmentProps {
  readonly archiveBucket: string;
  /** What object keys begin with: '' or a path that ends in '/'. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  readonly compression: Compression;
  /** @default - none, as for the compression 'none' */
  readonly compressionLevel?: number;
  /** Static fields of every record line's metadata. Not for secrets. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  /** Of new objects. */
  readonly storageClass: StorageClass;
  /** Name of the delivery stream. @default - none: the functions store objects themselves */
  readonly deliveryStream?: string;
  readonly maxParallelPuts: number;
  readonly logLevel: LogLevel;
  /** The `service` of every log line and metric. */
  readonly serviceName: string;
}

/** What the archive function is told. */
export interface ArchiveEnvironmentProps extends StoreEnvironmentProps {
  readonly reportBatchItemFailures: boolean;
}

/** What the replay function is told. */
export interface ReplayEnvironmentProps extends StoreEnvironmentProps {
  readonly failedBatchBucket: string;
  readonly replayQueueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Tries of a failed batch: `maxReceiveCount` of the replay queue. */
  readonly replayTries: number;
  /** Seconds until a failed try is made again, the first time. */
  readonly replayRetrySeconds: number;
  /** Topic whose subscribers are told of dead letters. @default - nobody is told */
  readonly alarmTopicArn?: string;
  /** Log group of the archive function, for them to look at. @default - none */
  readonly archiveLogGroup?: string;
}

type Environment = Record<string, string>;

/** The archive function's environment variables, as the stack and the emulator set them. */
export function archiveEnvironment(props: ArchiveEnvironmentProps): Environment {
  return {
    ...storeEnvironment(props),
    [names.reportBatchItemFailures]: String(props.reportBatchItemFailures),
  };
}

/** The replay function's environment variables, as the stack and the emulator set them. */
export function replayEnvironment(props: ReplayEnvironmentProps): Environment {
  const { alarmTopicArn, archiveLogGroup } = props;
  return {
    ...storeEnvironment(props),
    [names.failedBatchBucket]: props.failedBatchBucket,
    [names.replayQueueUrl]: props.replayQueueUrl,
    [names.deadLetterQueueUrl]: props.deadLetterQueueUrl,
    [names.replayTries]: String(props.replayTries),
    [names.replayRetrySeconds]: String(props.replayRetrySeconds),
    ...(alarmTopicArn === undefined ? {} : { [names.alarmTopicArn]: alarmTopicArn }),
    ...(archiveLogGroup === undefined ? {} : { [names.archiveLogGroup]: archiveLogGroup }),
  };
}

function storeEnvironment(props: StoreEnvironmentProps): Environment {
  const level = props.compressionLevel;
  return {
    [names.archiveBucket]: props.archiveBucket,
    [names.objectPrefix]: props.objectPrefix,
    [names.timeFolder]: props.timeFolder,
    [names.compression]: props.compression,
    ...(level === undefined ? {} : { [names.compressionLevel]: String(level) }),
    [names.metadata]: JSON.stringify(props.metadata),
    [names.storageClass]: props.storageClass,
    ...(props.deliveryStream !== undefined && { [names.deliveryStream]: props.deliveryStream }),
    [names.maxParallelPuts]: String(props.maxParallelPuts),
    [names.logLevel]: props.logLevel.toUpperCase(),
    [names.serviceName]: props.serviceName,
    NODE_OPTIONS: '--enable-source-maps',
  };
}
