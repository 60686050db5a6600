/**
 * Operations on buckets, and the listing of one.
 *
 * @module
 */

import { S3Error } from './errors.ts';
import type { Bucket } from './folder-store.ts';
import { afterKey, type ListingPage, type ListingRequest, listPage } from './listing.ts';
import type { ObjectSummary } from './object-record.ts';
import { type Answer, type OperationContext, OWNER_ID, REGION, xmlAnswer } from './operation.ts';
import { readDocument } from './request-body.ts';
import { element, parseXml, textElement, xmlDocument } from './xml.ts';

const MAX_KEYS = 1000;
const MAX_INT32 = 2 ** 31 - 1;

/**
 * Tells all buckets, by name.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
 */
export function listBuckets({ store }: OperationContext): Answer {
  const buckets = store
    .buckets()
    .map(({ name, createdAt }) =>
      element('Bucket', [
        textElement('Name', name),
        textElement('CreationDate', createdAt.toISOString()),
      ]),
    );
  return xmlAnswer(
    xmlDocument('ListAllMyBucketsResult', [
      element('Owner', [textElement('ID', OWNER_ID)]),
      element('Buckets', buckets),
    ]),
  );
}

/**
 * Makes a bucket. In us-east-1, which this server says it is, making one's own bucket again succeeds:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export async function createBucket({ store, request, target }: OperationContext): Promise<Answer> {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
  const isEmpty = length === '0' && encoding === undefined;
  const text = isEmpty ? '' : await readDocument(request);
  if (text !== '' && parseXml(text).name !== 'CreateBucketConfiguration') {
    throw new S3Error('MalformedXML');
  }
  store.createBucket(target.bucket);
  return { status: 200, headers: { location: `/${target.bucket}` } };
}

/**
 * Tells whether a bucket is there.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
export function headBucket({ store, target }: OperationContext): Answer {
  store.bucket(target.bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': REGION } };
}

/**
 * Deletes a bucket that is empty.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
 */
export function deleteBucket({ store, target }: OperationContext): Answer {
  store.deleteBucket(target.bucket);
  return { status: 204 };
}

function invalidArgument(name: string, value: string, message: string): S3Error {
  const fields = { ArgumentName: name, ArgumentValue: value };
  return new S3Error('InvalidArgument', { message, fields });
}

function readMaxKeys(query: URLSearchParams): number {
  const text = query.get('max-keys') ?? String(MAX_KEYS);
  if (/^\d{1,10}$/.test(text) && Number(text) <= MAX_INT32) return Math.min(Number(text), MAX_KEYS);
  const range = `an integer between 0 and ${MAX_INT32}`;
  throw invalidArgument('max-keys', text, `Argument maxKeys must be ${range}`);
}

function writeToken(next: string): string {
  return Buffer.from(`1${next}`).toString('base64');
}

/** Where the page begins: a continuation token outweighs `start-after`. */
function readStart(query: URLSearchParams): string {
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  if (token === null) return startAfter === null ? '' : afterKey(startAfter);
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (text.startsWith('1') && writeToken(text.slice(1)) === token) return text.slice(1);
  const message = 'The continuation token provided is incorrect';
  throw invalidArgument('continuation-token', token, message);
}

/** Percent-encodes as S3's `encoding-type=url` does: form encoding that leaves `/` as it is. */
function encodeUrl(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1).replaceAll('%2F', '/');
}

function readEncoding(query: URLSearchParams): (text: string) => string {
  const type = query.get('encoding-type');
  if (type === null) return (text) => text;
  if (type === 'url') return encodeUrl;
  throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
}

interface PageWriting {
  readonly query: URLSearchParams;
  readonly encode: (text: string) => string;
}

function contentsElement(object: ObjectSummary, { query, encode }: PageWriting): string {
  const owner = element('Owner', [textElement('ID', OWNER_ID)]);
  return element('Contents', [
    textElement('Key', encode(object.key)),
    textElement('LastModified', new Date(object.modified).toISOString()),
    textElement('ETag', `"${object.etag}"`),
    textElement('ChecksumAlgorithm', object.checksum.algorithm.toUpperCase()),
    textElement('ChecksumType', 'FULL_OBJECT'),
    textElement('Size', object.size),
    query.get('fetch-owner') === 'true' ? owner : '',
    textElement('StorageClass', object.storageClass),
  ]);
}

function echoedElements({ query, encode }: PageWriting): string[] {
  const elements = [textElement('Prefix', encode(query.get('prefix') ?? ''))];
  const delimiter = query.get('delimiter') ?? '';
  const startAfter = query.get('start-after');
  const token = query.get('continuation-token');
  if (delimiter !== '') elements.push(textElement('Delimiter', encode(delimiter)));
  if (startAfter !== null) elements.push(textElement('StartAfter', encode(startAfter)));
  if (token !== null) elements.push(textElement('ContinuationToken', token));
  if (query.has('encoding-type')) elements.push(textElement('EncodingType', 'url'));
  return elements;
}

function contentElements(bucket: Bucket, page: ListingPage, writing: PageWriting): string[] {
  const contents = page.keys.map((key) => {
    const object = bucket.objects.get(key);
    return object === undefined ? '' : contentsElement(object, writing);
  });
  const prefixes = page.commonPrefixes.map((prefix) =>
    element('CommonPrefixes', [textElement('Prefix', writing.encode(prefix))]),
  );
  return [...contents, ...prefixes];
}

/**
 * Tells a page of the keys of a bucket.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function listObjectsV2({ store, target, query }: OperationContext): Answer {
  const bucket = store.bucket(target.bucket);
  const listing: ListingRequest = {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: readMaxKeys(query),
    from: readStart(query),
  };
  const writing: PageWriting = { query, encode: readEncoding(query) };
  const page = listPage(bucket.keys, listing);
  const token = page.next === undefined ? [] : [writeToken(page.next)];
  return xmlAnswer(
    xmlDocument('ListBucketResult', [
      textElement('Name', bucket.name),
      ...echoedElements(writing),
      ...token.map((text) => textElement('NextContinuationToken', text)),
      textElement('KeyCount', page.keys.length + page.commonPrefixes.length),
      textElement('MaxKeys', listing.maxKeys),
      textElement('IsTruncated', page.next !== undefined),
      ...contentElements(bucket, page, writing),
    ]),
  );
}
