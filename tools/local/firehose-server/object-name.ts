/** What the name of an object is made of. */
export interface StreamObjectName {
  readonly stream: string;
  /** Epoch milliseconds at which its first line came. */
  readonly time: number;
  readonly id: string;
  /** Such as `.jsonl.gz`. */
  readonly extension: string;
}

/** Of a stream whose settings were never changed. */
const VERSION = 1;

/**
 * `archive-1-2026-11-23-09-15-00-<id>.jsonl.gz`, the time in UTC:
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
 *
 * ASSUMED: the time is that of the first line, as in the prefixes of a stream.
 */
export function streamObjectName({ extension, id, stream, time }: StreamObjectName): string {
  const at = new Date(time).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
  return `${stream}-${VERSION}-${at}-${id}${extension}`;
}

/** Where errors of such a time go, below the prefix of errors: day in UTC. */
export function errorFolder(time: number): string {
  // ASSUMED: dynamic partitioning has the type of failed processing.
  return `processing-failed/dt=${new Date(time).toISOString().slice(0, 10)}/`;
}
