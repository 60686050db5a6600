/**
 * Headers that are kept with an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 *
 * @module
 */

import { type IncomingHttpHeaders, validateHeaderValue } from 'node:http';
import { checksumHeader } from './checksums.ts';
import { S3Error } from './errors.ts';
import type { ObjectProperties, ObjectRecord } from './object-record.ts';
import { readTaggingHeader } from './tags.ts';

const METADATA_PREFIX = 'x-amz-meta-';
/** Of all names and values of user metadata, in UTF-8. */
const MAX_METADATA_BYTES = 2 * 1024;
/** What an object is that nobody says otherwise of. */
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

const storedHeaders = [
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'expires',
] as const;

const storageClasses = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
]);

/** Classes whose objects have to be restored before they can be read. */
const archivedClasses = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * What a put says of its object.
 *
 * @throws {S3Error} where S3 does not take it.
 */
export function readProperties(headers: IncomingHttpHeaders): ObjectProperties {
  const storageClass = String(headers['x-amz-storage-class'] ?? 'STANDARD');
  if (!storageClasses.has(storageClass)) throw new S3Error('InvalidStorageClass');
  return {
    headers: readStoredHeaders(headers),
    metadata: readMetadata(headers),
    storageClass,
    tags: readTaggingHeader(headers['x-amz-tagging']?.toString()),
  };
}

function readStoredHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const stored: Record<string, string> = {};
  for (const name of storedHeaders) {
    const value = headers[name];
    if (value !== undefined && value !== '') stored[name] = value;
  }
  // `aws-chunked` is how the body came, not what the object is.
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
    // Node reads headers as Latin-1, one character a byte.
    size += name.length + String(value).length;
  }
  if (size > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', {
      fields: { Size: String(size), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    });
  }
  return metadata;
}

/** The headers that say which bytes these are, whatever the answer. */
export function identityHeaders(record: ObjectRecord): Record<string, string> {
  return {
    etag: `"${record.etag}"`,
    'last-modified': new Date(record.modified).toUTCString(),
  };
}

/** An object's checksum as a header. */
export function checksumHeaders(record: Pick<ObjectRecord, 'checksum'>): Record<string, string> {
  const { algorithm, value } = record.checksum;
  return { [checksumHeader(algorithm)]: value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

/** The headers of an object that is read. */
export function objectHeaders(record: ObjectRecord): Record<string, string> {
  const headers: Record<string, string> = {
    ...identityHeaders(record),
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

/**
 * Refuses to read an object whose storage class has to be restored from first; here nothing ever is.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function refuseArchived(record: ObjectRecord): void {
  if (!archivedClasses.has(record.storageClass)) return;
  throw new S3Error('InvalidObjectState', { fields: { StorageClass: record.storageClass } });
}

function checkHeaderValue(name: string, value: string): void {
  try {
    validateHeaderValue(name, value);
  } catch {
    const fields = { ArgumentName: `response-${name}`, ArgumentValue: value };
    throw new S3Error('InvalidArgument', { fields });
  }
}

/** Headers of the answer that a reader asks to have other values. */
export function overriddenHeaders(query: URLSearchParams): Record<string, string> {
  const overridden: Record<string, string> = {};
  for (const name of [...storedHeaders, 'content-encoding']) {
    const value = query.get(`response-${name}`);
    if (value === null) continue;
    checkHeaderValue(name, value);
    overridden[name] = value;
  }
  return overridden;
}
