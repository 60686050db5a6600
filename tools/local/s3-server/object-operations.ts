/**
 * Operations on one object, and `DeleteObjects`.
 *
 * @module
 */

import { closeSync } from 'node:fs';
import { BodyChecks, type BodySummary } from './checksums.ts';
import { isNotModified, readRange, refuseConditions, writePrecondition } from './conditions.ts';
import { S3Error } from './errors.ts';
import {
  checksumHeaders,
  identityHeaders,
  objectHeaders,
  overriddenHeaders,
  readProperties,
  refuseArchived,
} from './object-headers.ts';
import type { ObjectRecord } from './object-record.ts';
import { type Answer, type OperationContext, xmlAnswer } from './operation.ts';
import { openBody, readDocument, receiveBody } from './request-body.ts';
import { readTaggingDocument, taggingDocument } from './tags.ts';
import { childrenNamed, childText, element, parseXml, textElement, xmlDocument } from './xml.ts';

const MAX_DELETED_KEYS = 1000;

/**
 * Stores an object once every check of its body held.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export async function putObject(context: OperationContext): Promise<Answer> {
  const { store, request, target } = context;
  store.bucket(target.bucket);
  const properties = readProperties(request.headers);
  const precondition = writePrecondition(request.headers);
  const checks = new BodyChecks(request.headers);
  const body = openBody(request);
  const staged = await store.stage();
  let summary: BodySummary;
  try {
    summary = await receiveBody(body, checks, (chunk) => staged.write(chunk));
    await staged.close();
    const modified = Math.floor(context.now().getTime() / 1000) * 1000;
    store.put(target, { ...properties, ...summary, id: staged.id, modified }, precondition);
  } catch (error) {
    await staged.discard();
    throw error;
  }
  context.onObjectCreated({ ...target, size: summary.size, etag: summary.etag });
  return { status: 200, headers: { etag: `"${summary.etag}"`, ...checksumHeaders(summary) } };
}

interface Reading {
  readonly start: number;
  readonly length: number;
  readonly answer: Answer;
}

/** What a read of a record answers, body left out: the same for GET and HEAD. */
function readAnswer(context: OperationContext, record: ObjectRecord): Reading {
  const { headers } = context.request;
  if (isNotModified(headers, record)) {
    return { start: 0, length: 0, answer: { status: 304, headers: identityHeaders(record) } };
  }
  const range = readRange(headers.range, record.size);
  const { start, length } = range ?? { start: 0, length: record.size };
  const isWhole = range === undefined;
  // A checksum of the whole object would only fail a reader who got a part of it.
  const wantsChecksum = isWhole && headers['x-amz-checksum-mode'] === 'ENABLED';
  const answer: Answer = {
    status: isWhole ? 200 : 206,
    headers: {
      ...objectHeaders(record),
      ...overriddenHeaders(context.query),
      ...(wantsChecksum ? checksumHeaders(record) : {}),
      ...(isWhole
        ? {}
        : { 'content-range': `bytes ${start}-${start + length - 1}/${record.size}` }),
      'content-length': length,
    },
  };
  return { start, length, answer };
}

/**
 * Reads an object, or a range of it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function getObject(context: OperationContext): Answer {
  const { record, descriptor } = context.store.open(context.target);
  try {
    refuseArchived(record);
    const { start, length, answer } = readAnswer(context, record);
    if (answer.status !== 304) return { ...answer, body: { descriptor, start, length } };
    closeSync(descriptor);
    return answer;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Tells of an object what a read would.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export function headObject(context: OperationContext): Answer {
  return readAnswer(context, context.store.read(context.target)).answer;
}

/**
 * Deletes an object; succeeds where there is none.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export function deleteObject({ store, request, target }: OperationContext): Answer {
  refuseConditions(request.headers);
  store.delete(target);
  return { status: 204 };
}

/**
 * Deletes up to 1,000 objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
export async function deleteObjects({ store, request, target }: OperationContext): Promise<Answer> {
  const root = parseXml(await readDocument(request, true));
  const objects = childrenNamed(root, 'Object');
  if (root.name !== 'Delete' || objects.length === 0 || objects.length > MAX_DELETED_KEYS) {
    throw new S3Error('MalformedXML');
  }
  // Versions and conditions would be passed over, and the wrong thing deleted.
  const isPlain = objects.every((object) => object.children.every(({ name }) => name === 'Key'));
  if (!isPlain) throw new S3Error('NotImplemented');
  const isQuiet = childrenNamed(root, 'Quiet')[0]?.text.trim() === 'true';
  const keys = objects.map((object) => childText(object, 'Key'));
  for (const key of keys) store.delete({ bucket: target.bucket, key });
  const deleted = isQuiet ? [] : keys;
  return xmlAnswer(
    xmlDocument(
      'DeleteResult',
      deleted.map((key) => element('Deleted', [textElement('Key', key)])),
    ),
  );
}

/**
 * Replaces the tags of an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
 */
export async function putObjectTagging(context: OperationContext): Promise<Answer> {
  const tags = readTaggingDocument(await readDocument(context.request));
  context.store.replaceTags(context.target, tags);
  return { status: 200 };
}

/**
 * Tells the tags of an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
 */
export function getObjectTagging({ store, target }: OperationContext): Answer {
  return xmlAnswer(taggingDocument(store.read(target).tags));
}

/**
 * Takes the tags of an object away.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html
 */
export function deleteObjectTagging({ store, target }: OperationContext): Answer {
  store.replaceTags(target, []);
  return { status: 204 };
}
