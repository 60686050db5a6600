/** Requests that a bucket has had. */
export interface RequestCounts {
  /** What S3 charges as PUTs: whole objects, and each step of one in parts. */
  readonly puts: number;
  /** Answered with a status of 400 or more, whatever the operation. */
  readonly failed: number;
}

/** As versitygw names them. */
const putOperations = [
  's3_PutObject',
  's3_CreateMultipartUpload',
  's3_UploadPart',
  's3_CompleteMultipartUpload',
];

/** Owner, bucket, time, address, requester, request id, operation, key, URI, status. */
const linePattern =
  /^\S+ (?<bucket>\S+) \[[^\]]*\] \S+ \S+ \S+ (?<operation>\S+) \S+ \S+ (?<status>\d+)/;

/**
 * Counts a bucket's requests in the text of versitygw's access log, whose fields are S3's without the quotes:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function countRequests(log: string, bucket: string): RequestCounts {
  let puts = 0;
  let failed = 0;
  for (const line of log.split('\n')) {
    const { bucket: name, operation = '', status } = linePattern.exec(line)?.groups ?? {};
    if (name !== bucket) continue;
    if (putOperations.includes(operation)) puts += 1;
    if (Number(status) >= 400) failed += 1;
  }
  return { puts, failed };
}
