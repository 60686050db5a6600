/**
 * Conditional requests.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 *
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './errors.ts';
import type { Precondition } from './folder-store.ts';
import type { ObjectSummary } from './object-record.ts';

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { fields: { Condition: condition } });
}

function notImplemented(header: string): S3Error {
  return new S3Error('NotImplemented', { fields: { Header: header } });
}

const unquote = (etag: string): string => etag.trim().replace(/^"(.*)"$/, '$1');

function names(header: string, etag: string): boolean {
  const tags = header.split(',').map(unquote);
  return tags.includes('*') || tags.includes(etag);
}

/**
 * The condition of a put: `If-None-Match: *`, or `If-Match` with one entity tag; S3 knows no others.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function writePrecondition(headers: IncomingHttpHeaders): Precondition {
  const noneMatch = headers['if-none-match'];
  const match = headers['if-match'];
  if (noneMatch !== undefined && noneMatch.trim() !== '*') throw notImplemented('If-None-Match');
  if (match !== undefined && match.trim() === '*') throw notImplemented('If-Match');
  return (current) => {
    if (noneMatch !== undefined && current !== undefined) throw failed('If-None-Match');
    if (match === undefined) return;
    if (current === undefined) throw new S3Error('NoSuchKey');
    if (unquote(match) !== current.etag) throw failed('If-Match');
  };
}

/** Deleting under a condition is not built: it must not pass for an unconditional one. */
export function refuseConditions(headers: IncomingHttpHeaders): void {
  if (headers['if-match'] !== undefined) throw notImplemented('If-Match');
  if (headers['if-none-match'] !== undefined) throw notImplemented('If-None-Match');
}

function isModifiedSince(object: ObjectSummary, date: string | undefined): boolean | undefined {
  const since = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(since) ? undefined : object.modified > since;
}

/**
 * Whether a reader's copy is still good. An entity tag outweighs a date:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 *
 * @throws {S3Error} `PreconditionFailed` where the object is not the one meant.
 */
export function isNotModified(headers: IncomingHttpHeaders, object: ObjectSummary): boolean {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (match !== undefined && !names(match, object.etag)) throw failed('If-Match');
  if (match === undefined && isModifiedSince(object, headers['if-unmodified-since']) === true) {
    throw failed('If-Unmodified-Since');
  }
  if (noneMatch !== undefined) return names(noneMatch, object.etag);
  return isModifiedSince(object, headers['if-modified-since']) === false;
}

/** A stretch of an object's bytes. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/**
 * The one range a request asks for; anything but one well-formed range asks for the whole object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 *
 * @throws {S3Error} `InvalidRange` where the object has no such bytes.
 */
export function readRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) {
    throw new S3Error('InvalidRange', {
      fields: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    });
  }
  return { start, length: end - start + 1 };
}
