/**
 * What the server keeps about an object besides its bytes: one JSON file per object.
 *
 * @module
 */

import { z } from 'zod';
import { checksumSchema } from './checksums.ts';

const tagSchema = z.object({ key: z.string(), value: z.string() }).readonly();

/** An object's record, as its JSON file holds it. */
export const objectRecordSchema = z
  .object({
    key: z.string(),
    /** Names the body's temporary file until the body is in place; never reused. */
    id: z.string().regex(/^[0-9a-f-]+$/),
    /** Path of the body below the bucket's folder, separated by `/`. */
    file: z.string(),
    size: z.int(),
    /** MD5, hexadecimal. */
    etag: z.string(),
    /** Epoch milliseconds, rounded to seconds as S3 does. */
    modified: z.int(),
    checksum: checksumSchema,
    storageClass: z.string(),
    /** System headers that are returned as stored; names in lower case. */
    headers: z.record(z.string(), z.string()).readonly(),
    /** User metadata; names without `x-amz-meta-`. */
    metadata: z.record(z.string(), z.string()).readonly(),
    tags: z.array(tagSchema).readonly(),
  })
  .readonly();

/** One tag of an object. */
export type Tag = z.infer<typeof tagSchema>;

/** An object's whole record. */
export type ObjectRecord = z.infer<typeof objectRecordSchema>;

/** The properties that a put sets besides the body. */
export type ObjectProperties = Pick<ObjectRecord, 'headers' | 'metadata' | 'storageClass' | 'tags'>;

/** The part of a record that listings and conditions need; the only part kept in memory. */
export type ObjectSummary = Omit<ObjectRecord, 'id' | 'headers' | 'metadata' | 'tags'>;

/** Returns the part of a record that is kept in memory. */
export function summaryOf(record: ObjectRecord): ObjectSummary {
  const { key, file, size, etag, modified, checksum, storageClass } = record;
  return { key, file, size, etag, modified, checksum, storageClass };
}
