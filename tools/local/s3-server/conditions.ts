/**
 * Conditional puts, and ranges of reads.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 *
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './errors.ts';
import type { Precondition } from './folder-store.ts';

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { fields: { Condition: condition } });
}

function notImplemented(header: string): S3Error {
  return new S3Error('NotImplemented', { fields: { Header: header } });
}

const unquote = (etag: string): string => etag.trim().replace(/^"(.*)"$/, '$1');

/** The condition of a put: `If-None-Match: *`, or `If-Match` with one entity tag, as S3 allows. */
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

const conditions = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** Refuses conditional reads and deletes: ignoring the condition would give a wrong result. */
export function refuseConditions(headers: IncomingHttpHeaders): void {
  const condition = conditions.find((name) => headers[name] !== undefined);
  if (condition !== undefined) throw notImplemented(condition);
}

/** A range of an object's bytes. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/**
 * Reads the range that a request asks for. Anything other than one well-formed range selects the
 * whole object. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 *
 * @throws {S3Error} `InvalidRange` if the object has no such bytes.
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
