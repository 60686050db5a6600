import {
  type Compression,
  type LogLevel,
  environmentNames as names,
  type TimeFolder,
} from '../lambda/contract.ts';

/** What the archive function is told by its environment. */
export interface ArchiveEnvironmentProps {
  readonly archiveBucket: string;
  /** What object keys begin with: '' or a path that ends in '/'. */
  readonly objectPrefix: string;
  readonly timeFolder: TimeFolder;
  readonly compression: Compression;
  /** @default - none, as for the compression 'none' */
  readonly compressionLevel?: number;
  /** Static fields of every record line's metadata. Not for secrets. */
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
  readonly maxParallelPuts: number;
  readonly reportBatchItemFailures: boolean;
  readonly logLevel: LogLevel;
  /** The `service` of every log line and metric. */
  readonly serviceName: string;
}

/** The archive function's environment variables, as the stack and the emulator set them. */
export function archiveEnvironment(props: ArchiveEnvironmentProps): Record<string, string> {
  const level = props.compressionLevel;
  return {
    [names.archiveBucket]: props.archiveBucket,
    [names.objectPrefix]: props.objectPrefix,
    [names.timeFolder]: props.timeFolder,
    [names.compression]: props.compression,
    ...(level === undefined ? {} : { [names.compressionLevel]: String(level) }),
    [names.metadata]: JSON.stringify(props.metadata),
    [names.maxParallelPuts]: String(props.maxParallelPuts),
    [names.reportBatchItemFailures]: String(props.reportBatchItemFailures),
    [names.logLevel]: props.logLevel.toUpperCase(),
    [names.serviceName]: props.serviceName,
    NODE_OPTIONS: '--enable-source-maps',
  };
}
