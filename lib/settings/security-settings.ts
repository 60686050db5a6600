/**
 * Settings of who can read, change and delete what is kept, and of what tells of it.
 *
 * @module
 */
import { z } from 'zod';
import { securityRanges } from '../../lambda/contract.ts';
import { must, wholeNumber } from './setting-forms.ts';

/** A key of KMS, in full; an alias does not say which key it is. */
const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]{1,128}$/;

/** Who makes the key that data is encrypted with: AWS, the stack, or somebody else, by its ARN. */
export type EncryptionKeySetting = 'managed' | 'stack' | `arn:${string}`;

const isKey = (value: unknown): value is EncryptionKeySetting =>
  value === 'managed' || value === 'stack' || (typeof value === 'string' && KEY_ARN.test(value));

/** The schema of a key's ARN. */
export function keyArn() {
  const error = must('be the ARN of a key of KMS');
  return z.string({ error }).regex(KEY_ARN, { error });
}

/** The schema of each. */
export const securitySettings = {
  encryptionKey: z
    .custom<EncryptionKeySetting>(isKey, {
      error: must("be 'managed', 'stack' or the ARN of a key of KMS"),
    })
    .default('managed')
    .describe(
      "Key that buckets, queues and logs are encrypted with: 'managed', those of S3, SQS and CloudWatch Logs, which cost nothing; 'stack', a key of KMS that the stack makes, and keeps; or the ARN of a key in the stack's region, whose policy has to be as in docs/security.md. Who may not use the key cannot read the archive, whatever else he may",
    ),
  objectLockDays: wholeNumber(securityRanges.objectLockDays)
    .optional()
    .describe(
      'Days in which nobody deletes or overwrites an archived object, governance mode: only who has s3:BypassGovernanceRetention can. Object Lock cannot be switched off again, and the days can be changed for new objects. Not locked if not set',
    ),
  accessLogDays: wholeNumber(securityRanges.accessLogDays)
    .optional()
    .describe(
      'Days for which logs of every request to both buckets are kept, in a bucket of their own. No logs if not set',
    ),
};
