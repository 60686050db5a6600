/**
 * What the server keeps of an object besides its bytes, one JSON file each.
 *
 * @module
 */

import { type Checksum, isChecksumAlgorithm } from './checksums.ts';

/** One tag of an object. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** What the client says of an object when it puts it. */
export interface ObjectProperties {
  /** System headers that are stored and given back, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** User metadata, names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: string;
  readonly tags: readonly Tag[];
}

/** What listings and conditions need of an object; all that is held in memory. */
export interface ObjectSummary {
  readonly key: string;
  /** Where its bytes are, below the bucket's folder, with `/`. */
  readonly file: string;
  readonly size: number;
  /** MD5, hexadecimal. */
  readonly etag: string;
  /** Epoch milliseconds of a whole second, as S3 keeps time. */
  readonly modified: number;
  readonly checksum: Checksum;
  readonly storageClass: string;
}

/** An object's whole record. */
export interface ObjectRecord extends ObjectSummary, ObjectProperties {
  /** Names the body's temporary file until it is in its place; never used for another body. */
  readonly id: string;
}

/** The part of a record that is held in memory. */
export function summaryOf(record: ObjectRecord): ObjectSummary {
  const { key, file, size, etag, modified, checksum, storageClass } = record;
  return { key, file, size, etag, modified, checksum, storageClass };
}

function isRecordOfText(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string')
  );
}

function isChecksum(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!('algorithm' in value && 'value' in value)) return false;
  const { algorithm } = value;
  return (
    typeof algorithm === 'string' &&
    isChecksumAlgorithm(algorithm) &&
    typeof value.value === 'string'
  );
}

const fieldChecks: Readonly<Record<keyof ObjectRecord, (value: unknown) => boolean>> = {
  key: (value) => typeof value === 'string',
  id: (value) => typeof value === 'string' && /^[0-9a-f-]+$/.test(value),
  file: (value) => typeof value === 'string',
  size: Number.isSafeInteger,
  etag: (value) => typeof value === 'string',
  modified: Number.isSafeInteger,
  checksum: isChecksum,
  storageClass: (value) => typeof value === 'string',
  headers: isRecordOfText,
  metadata: isRecordOfText,
  tags: (value) => Array.isArray(value) && value.every(isRecordOfText),
};

/** Whether a value that was read as JSON is an object's record. */
export function isObjectRecord(value: unknown): value is ObjectRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(fieldChecks).every(([name, isValid]) => isValid(fields.get(name)));
}
