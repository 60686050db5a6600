import { S3Client } from '@aws-sdk/client-s3';

/** An S3 server and who to be there. */
export interface S3Access {
  readonly endpoint: string;
  /** @default - any, for a server that does not look */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const anyone = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };

/**
 * A client of an S3 server of one's own.
 *
 * @param maxAttempts tries of each request; the SDK's own number where none is given
 */
export function s3ClientOf(
  { endpoint, credentials = anyone }: S3Access,
  maxAttempts?: number,
): S3Client {
  return new S3Client({
    endpoint,
    credentials,
    region: 'us-east-1',
    forcePathStyle: true,
    ...(maxAttempts !== undefined && { maxAttempts }),
  });
}
