/**
 * Operations on a bucket.
 *
 * @module
 */

import type { XmlNode } from '@aws-sdk/xml-builder';
import { S3Error } from './errors.ts';
import type { Bucket } from './folder-store.ts';
import { afterKey, listPage } from './listing.ts';
import type { ObjectSummary } from './object-record.ts';
import { type Answer, type OperationContext, REGION, xmlAnswer } from './operation.ts';
import { element, textElement, xmlDocument } from './xml.ts';

const MAX_KEYS = 1000;
const MAX_INT32 = 2 ** 31 - 1;

/**
 * Creates a bucket. In us-east-1, which this server claims to be, creating a bucket that you already own
 * succeeds: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
export function createBucket({ store, target }: OperationContext): Answer {
  store.createBucket(target.bucket);
  return { status: 200, headers: { location: `/${target.bucket}` } };
}

/**
 * Succeeds if the bucket exists.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
 */
export function headBucket({ store, target }: OperationContext): Answer {
  store.bucket(target.bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': REGION } };
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

/** Where the page begins: a continuation token takes precedence over `start-after`. */
function readStart(query: URLSearchParams): string {
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  if (token === null) return startAfter === null ? '' : afterKey(startAfter);
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (text.startsWith('1') && writeToken(text.slice(1)) === token) return text.slice(1);
  const message = 'The continuation token provided is incorrect';
  throw invalidArgument('continuation-token', token, message);
}

/** Percent-encodes as S3's `encoding-type=url` does: form encoding that keeps `/`. */
function encodeUrl(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1).replaceAll('%2F', '/');
}

function readEncoding(query: URLSearchParams): (text: string) => string {
  const type = query.get('encoding-type');
  if (type === null) return (text) => text;
  if (type === 'url') return encodeUrl;
  throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
}

function contentsElement(object: ObjectSummary, encode: (text: string) => string): XmlNode {
  return element('Contents', [
    textElement('Key', encode(object.key)),
    textElement('LastModified', new Date(object.modified).toISOString()),
    textElement('ETag', `"${object.etag}"`),
    textElement('ChecksumAlgorithm', object.checksum.algorithm.toUpperCase()),
    textElement('ChecksumType', 'FULL_OBJECT'),
    textElement('Size', object.size),
    textElement('StorageClass', object.storageClass),
  ]);
}

/** The parameters of the request, which the response repeats. */
function echoedElements(query: URLSearchParams, encode: (text: string) => string): XmlNode[] {
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

function objectsOf(bucket: Bucket, keys: readonly string[]): ObjectSummary[] {
  return keys.map((key) => bucket.objects.get(key)).filter((object) => object !== undefined);
}

/**
 * Lists one page of a bucket's keys.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export function listObjectsV2({ store, target, query }: OperationContext): Answer {
  const bucket = store.bucket(target.bucket);
  const encode = readEncoding(query);
  const maxKeys = readMaxKeys(query);
  const page = listPage(bucket.keys, {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys,
    from: readStart(query),
  });
  const token = page.next === undefined ? [] : [writeToken(page.next)];
  return xmlAnswer(
    xmlDocument('ListBucketResult', [
      textElement('Name', bucket.name),
      ...echoedElements(query, encode),
      ...token.map((text) => textElement('NextContinuationToken', text)),
      textElement('KeyCount', page.keys.length + page.commonPrefixes.length),
      textElement('MaxKeys', maxKeys),
      textElement('IsTruncated', page.next !== undefined),
      ...objectsOf(bucket, page.keys).map((object) => contentsElement(object, encode)),
      ...page.commonPrefixes.map((prefix) =>
        element('CommonPrefixes', [textElement('Prefix', encode(prefix))]),
      ),
    ]),
  );
}
