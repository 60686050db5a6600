/**
 * Settings that protect the archive: encryption, Object Lock, and access logs.
 *
 * @module
 */
import { z } from 'zod';
import { isKeyArn, must, wholeNumber } from './setting-forms.ts';

/** The key that encrypts data: the keys of AWS, a key of the stack, or an existing key by its ARN. */
export type EncryptionKeySetting = 'managed' | 'stack' | `arn:${string}`;

const isKey = (value: unknown): value is EncryptionKeySetting =>
  value === 'managed' || value === 'stack' || (typeof value === 'string' && isKeyArn(value));

/** The protection of the archive. */
export const securitySettings = {
  encryptionKey: z
    .custom<EncryptionKeySetting>(isKey, {
      error: must("be 'managed', 'stack' or the ARN of a KMS key"),
    })
    .default('managed')
    .describe(
      "Key that encrypts buckets, queues and logs. 'managed' uses the keys of S3, SQS and CloudWatch Logs, which are free. 'stack' creates a KMS key, which is kept when the stack is deleted. The ARN of a KMS key uses that key, which must be in the region of the stack and have the policy in docs/security.md. With a KMS key, only principals that may use the key can read the archive.",
    ),
  /** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html */
  objectLockDays: wholeNumber({ min: 1, max: 36_500 }).optional().meta({
    description:
      'Days for which objects are locked (governance mode). Principals with `s3:BypassGovernanceRetention` can still delete them. Object Lock cannot be turned off again, and a new number of days applies to new objects only.',
    unset: 'objects are not locked',
  }),
  accessLogDays: wholeNumber({ min: 1, max: 3650 }).optional().meta({
    description:
      'Days for which access logs of both buckets are kept, in a separate bucket. They record every request.',
    unset: 'no access logs',
  }),
};
