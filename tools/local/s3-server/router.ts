/**
 * Which operation a request is: path-style addressing only.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import {
  createBucket,
  deleteBucket,
  headBucket,
  listBuckets,
  listObjectsV2,
} from './bucket-operations.ts';
import { S3Error } from './errors.ts';
import type { ObjectTarget } from './folder-store.ts';
import {
  deleteObject,
  deleteObjects,
  deleteObjectTagging,
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
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameter, with the value it must have, if any, that tells it from its neighbours. */
  readonly marker?: readonly [name: string, value: string];
  /** Query parameters it understands. Any other would mean something else. */
  readonly query?: readonly string[];
  readonly carryOut: Operation;
}

const overrides = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

const listQuery = [
  'prefix',
  'delimiter',
  'max-keys',
  'start-after',
  'continuation-token',
  'encoding-type',
  'fetch-owner',
];

const operationRows = [
  { operation: 'ListBuckets', method: 'GET', on: 'service', carryOut: listBuckets },
  { operation: 'CreateBucket', method: 'PUT', on: 'bucket', carryOut: createBucket },
  { operation: 'HeadBucket', method: 'HEAD', on: 'bucket', carryOut: headBucket },
  { operation: 'DeleteBucket', method: 'DELETE', on: 'bucket', carryOut: deleteBucket },
  {
    operation: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    marker: ['list-type', '2'],
    query: listQuery,
    carryOut: listObjectsV2,
  },
  {
    operation: 'DeleteObjects',
    method: 'POST',
    on: 'bucket',
    marker: ['delete', ''],
    carryOut: deleteObjects,
  },
  { operation: 'PutObject', method: 'PUT', on: 'object', carryOut: putObject },
  { operation: 'GetObject', method: 'GET', on: 'object', query: overrides, carryOut: getObject },
  { operation: 'HeadObject', method: 'HEAD', on: 'object', query: overrides, carryOut: headObject },
  { operation: 'DeleteObject', method: 'DELETE', on: 'object', carryOut: deleteObject },
  {
    operation: 'PutObjectTagging',
    method: 'PUT',
    on: 'object',
    marker: ['tagging', ''],
    carryOut: putObjectTagging,
  },
  {
    operation: 'GetObjectTagging',
    method: 'GET',
    on: 'object',
    marker: ['tagging', ''],
    carryOut: getObjectTagging,
  },
  {
    operation: 'DeleteObjectTagging',
    method: 'DELETE',
    on: 'object',
    marker: ['tagging', ''],
    carryOut: deleteObjectTagging,
  },
] as const satisfies readonly OperationRow[];

/** S3's names of the operations the server has. */
export type OperationName = (typeof operationRows)[number]['operation'];

/** A request whose operation is known. */
export interface RoutedRequest extends ObjectTarget {
  readonly operation: OperationName;
  readonly query: URLSearchParams;
  readonly carryOut: Operation;
}

/**
 * Headers whose meaning the server knows; another of S3's must not be passed over in silence. Here
 * one owner owns every bucket, so whichever account `x-amz-expected-bucket-owner` names is right.
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
 * @throws {S3Error} `NotImplemented` for everything of S3 that the server does not have.
 */
export function routeRequest(request: IncomingMessage): RoutedRequest {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const target = splitPath(mark === -1 ? url : url.slice(0, mark));
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const bucketLevel = target.bucket === '' ? 'service' : 'bucket';
  const on = target.key === '' ? bucketLevel : 'object';
  const found = operationRows.find(
    (row) => row.method === request.method && row.on === on && isMatch(row, query),
  );
  if (found === undefined) {
    throw new S3Error('NotImplemented', { message: 'This server does not have that operation' });
  }
  checkHeaders(request);
  if (Buffer.byteLength(target.key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', {
      fields: {
        Size: String(Buffer.byteLength(target.key)),
        MaxSizeAllowed: String(MAX_KEY_BYTES),
      },
    });
  }
  const { operation, carryOut } = found;
  return { ...target, query, carryOut, operation };
}
