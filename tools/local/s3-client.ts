import { S3Client } from '@aws-sdk/client-s3';

/** An S3 server and its credentials. */
export interface S3Access {
  readonly endpoint: string;
  /** @default - any, for a server that does not verify them */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const anyone = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };

/**
 * Creates a client of an S3 server.
 *
 * @param maxAttempts attempts of each request; by default the SDK's
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
