/**
 * Finds the operation of a request. Only path-style addressing is supported.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { createBucket, headBucket, listObjectsV2 } from './bucket-operations.ts';
import { S3Error } from './errors.ts';
import type { ObjectTarget } from './folder-store.ts';
import {
  deleteObject,
  getObject,
  getObjectTagging,
  headObject,
  putObject,
  putObjectTagging,
} from './object-operations.ts';
import type { Operation } from './operation.ts';

const MAX_KEY_BYTES = 1024;

interface OperationRow {
  readonly operation: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly on: 'bucket' | 'object';
  /** A query parameter, with its value, that distinguishes the operation. */
  readonly marker?: readonly [name: string, value: string];
  /** Query parameters that the operation understands; any other one is refused. */
  readonly query?: readonly string[];
  readonly execute: Operation;
}

const listQuery = [
  'prefix',
  'delimiter',
  'max-keys',
  'start-after',
  'continuation-token',
  'encoding-type',
];

const operationRows = [
  { operation: 'CreateBucket', method: 'PUT', on: 'bucket', execute: createBucket },
  { operation: 'HeadBucket', method: 'HEAD', on: 'bucket', execute: headBucket },
  {
    operation: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    marker: ['list-type', '2'],
    query: listQuery,
    execute: listObjectsV2,
  },
  { operation: 'PutObject', method: 'PUT', on: 'object', execute: putObject },
  { operation: 'GetObject', method: 'GET', on: 'object', execute: getObject },
  { operation: 'HeadObject', method: 'HEAD', on: 'object', execute: headObject },
  { operation: 'DeleteObject', method: 'DELETE', on: 'object', execute: deleteObject },
  {
    operation: 'PutObjectTagging',
    method: 'PUT',
    on: 'object',
    marker: ['tagging', ''],
    execute: putObjectTagging,
  },
  {
    operation: 'GetObjectTagging',
    method: 'GET',
    on: 'object',
    marker: ['tagging', ''],
    execute: getObjectTagging,
  },
] as const satisfies readonly OperationRow[];

/** S3's names of the operations that the server implements. */
export type OperationName = (typeof operationRows)[number]['operation'];

/** A request whose operation is known. */
export interface RoutedRequest extends ObjectTarget {
  readonly operation: OperationName;
  readonly query: URLSearchParams;
  readonly execute: Operation;
}

/**
 * Headers that the server understands; it refuses any other header of S3's rather than ignore it.
 * All buckets have one owner, so any `x-amz-expected-bucket-owner` matches.
 */
const KNOWN_HEADER =
  /^x-amz-(?:checksum-.+|content-sha256|date|decoded-content-length|expected-bucket-owner|meta-.+|request-payer|sdk-checksum-algorithm|security-token|storage-class|tagging|trailer|user-agent)$/;

function splitPath(path: string): ObjectTarget {
  const slash = path.indexOf('/', 1);
  const [bucket, key] =
    slash === -1 ? [path.slice(1), ''] : [path.slice(1, slash), path.slice(slash + 1)];
  try {
    return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key) };
  } catch {
    throw new S3Error('InvalidURI', { fields: { URI: path } });
  }
}

function isMatch(row: OperationRow, query: URLSearchParams): boolean {
  if (row.marker !== undefined && query.get(row.marker[0]) !== row.marker[1]) return false;
  const known = ['x-id', row.marker?.[0], ...(row.query ?? [])];
  return [...query.keys()].every((name) => known.includes(name));
}

function checkHeaders(request: IncomingMessage): void {
  const unknown = Object.keys(request.headers).find(
    (name) => name.startsWith('x-amz-') && !KNOWN_HEADER.test(name),
  );
  if (unknown !== undefined) throw new S3Error('NotImplemented', { fields: { Header: unknown } });
}

/**
 * Finds a request's operation.
 *
 * @throws {S3Error} `NotImplemented` for anything that the server does not implement.
 */
export function routeRequest(request: IncomingMessage): RoutedRequest {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const target = splitPath(mark === -1 ? url : url.slice(0, mark));
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const on = target.key === '' ? 'bucket' : 'object';
  const found = operationRows.find(
    (row) => row.method === request.method && row.on === on && isMatch(row, query),
  );
  if (found === undefined || target.bucket === '') {
    throw new S3Error('NotImplemented', { message: 'This server does not have that operation' });
  }
  checkHeaders(request);
  const bytes = Buffer.byteLength(target.key);
  if (bytes > MAX_KEY_BYTES) {
    const fields = { Size: String(bytes), MaxSizeAllowed: String(MAX_KEY_BYTES) };
    throw new S3Error('KeyTooLongError', { fields });
  }
  return { ...target, query, execute: found.execute, operation: found.operation };
}
