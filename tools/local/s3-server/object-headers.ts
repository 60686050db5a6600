/**
 * Headers that are stored with an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 *
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http';
import { checksumHeader } from './checksums.ts';
import { S3Error } from './errors.ts';
import type { ObjectProperties, ObjectRecord } from './object-record.ts';
import { readTaggingHeader } from './tags.ts';

const METADATA_PREFIX = 'x-amz-meta-';
/** Limit on all names and values of user metadata, in UTF-8. */
const MAX_METADATA_BYTES = 2 * 1024;
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

const storedHeaders = [
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'expires',
] as const;

/**
 * Reads the properties that a put sets.
 *
 * @throws {S3Error} `MetadataTooLarge`, or for tags that S3 refuses.
 */
export function readProperties(headers: IncomingHttpHeaders): ObjectProperties {
  return {
    headers: readStoredHeaders(headers),
    metadata: readMetadata(headers),
    storageClass: String(headers['x-amz-storage-class'] ?? 'STANDARD'),
    tags: readTaggingHeader(headers['x-amz-tagging']?.toString()),
  };
}

function readStoredHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const stored: Record<string, string> = {};
  for (const name of storedHeaders) {
    const value = headers[name];
    if (value !== undefined && value !== '') stored[name] = value;
  }
  // `aws-chunked` describes the transfer, not the object.
  const encodings = (headers['content-encoding'] ?? '').split(',').map((name) => name.trim());
  const encoding = encodings.filter((name) => name !== '' && name !== 'aws-chunked').join(',');
  if (encoding !== '') stored['content-encoding'] = encoding;
  return { 'content-type': DEFAULT_CONTENT_TYPE, ...stored };
}

function readMetadata(headers: IncomingHttpHeaders): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(METADATA_PREFIX)) continue;
    const name = header.slice(METADATA_PREFIX.length);
    metadata[name] = String(value);
    // Node decodes headers as Latin-1: one character per byte.
    size += name.length + String(value).length;
  }
  if (size > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', {
      fields: { Size: String(size), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    });
  }
  return metadata;
}

/** An object's checksum, as response headers. */
export function checksumHeaders({
  checksum,
}: Pick<ObjectRecord, 'checksum'>): Record<string, string> {
  const { algorithm, value } = checksum;
  return { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

/** The headers of a response to a read. */
export function objectHeaders(record: ObjectRecord): Record<string, string> {
  const headers: Record<string, string> = {
    etag: `"${record.etag}"`,
    'last-modified': new Date(record.modified).toUTCString(),
    ...record.headers,
    'accept-ranges': 'bytes',
  };
  for (const [name, value] of Object.entries(record.metadata)) {
    headers[METADATA_PREFIX + name] = value;
  }
  if (record.storageClass !== 'STANDARD') headers['x-amz-storage-class'] = record.storageClass;
  if (record.tags.length > 0) headers['x-amz-tagging-count'] = String(record.tags.length);
  return headers;
}
