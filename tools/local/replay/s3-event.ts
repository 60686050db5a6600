import type { CreatedObject } from '../s3-server/operation.ts';

/**
 * The event that S3 sends when an object is created.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function objectCreatedEvent({ bucket, etag, key, size }: CreatedObject, at: Date): string {
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: at.toISOString(),
        eventName: 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'FailedBatches',
          bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
          object: { key: encodeKey(key), size, eTag: etag },
        },
      },
    ],
  });
}

/** Decoded keys of the objects that an event names; none for any other text. */
export function keysOfEvent(body: string): readonly string[] {
  try {
    const { Records: records }: { readonly Records: readonly NamesObject[] } = JSON.parse(body);
    return records.map(({ s3 }) => decodeURIComponent(s3.object.key.replaceAll('+', ' ')));
  } catch {
    return [];
  }
}

interface NamesObject {
  readonly s3: { readonly object: { readonly key: string } };
}

/** Encodes as in a form, except for slashes. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}
