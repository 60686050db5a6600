/**
 * Operations on an object.
 *
 * @module
 */

import { closeSync } from 'node:fs';
import type { BodySummary } from './checksums.ts';
import { type ByteRange, readRange, refuseConditions, writePrecondition } from './conditions.ts';
import { checksumHeaders, objectHeaders, readProperties } from './object-headers.ts';
import type { ObjectRecord } from './object-record.ts';
import { type Answer, type OperationContext, xmlAnswer } from './operation.ts';
import { receiveBody, receiveDocument } from './request-body.ts';
import { readTaggingDocument, taggingDocument } from './tags.ts';

/**
 * Stores an object after every check of its body has passed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export async function putObject(context: OperationContext): Promise<Answer> {
  const { store, request, target } = context;
  store.bucket(target.bucket);
  const properties = readProperties(request.headers);
  const precondition = writePrecondition(request.headers);
  const staged = await store.stage();
  let summary: BodySummary;
  try {
    summary = await receiveBody(request, (chunk) => staged.write(chunk));
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

/** The response to a read, without the body: the same for GET and HEAD. */
function readAnswer(
  { request: { headers } }: OperationContext,
  record: ObjectRecord,
): ByteRange & { readonly answer: Answer } {
  refuseConditions(headers);
  const range = readRange(headers.range, record.size);
  const { start, length } = range ?? { start: 0, length: record.size };
  const wantsChecksum = headers['x-amz-checksum-mode'] === 'ENABLED';
  const answer: Answer = {
    status: range === undefined ? 200 : 206,
    headers: {
      ...objectHeaders(record),
      // The checksum of the whole object would not match a range.
      ...(range === undefined && wantsChecksum && checksumHeaders(record)),
      ...(range && { 'content-range': `bytes ${start}-${start + length - 1}/${record.size}` }),
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
    const { start, length, answer } = readAnswer(context, record);
    return { ...answer, body: { descriptor, start, length } };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Reads an object's headers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
 */
export function headObject(context: OperationContext): Answer {
  return readAnswer(context, context.store.read(context.target)).answer;
}

/**
 * Deletes an object; succeeds even if it does not exist.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 */
export function deleteObject({ store, request, target }: OperationContext): Answer {
  refuseConditions(request.headers);
  store.delete(target);
  return { status: 204 };
}

/**
 * Replaces the tags of an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html
 */
export async function putObjectTagging(context: OperationContext): Promise<Answer> {
  const tags = readTaggingDocument(await receiveDocument(context.request));
  context.store.replaceTags(context.target, tags);
  return { status: 200 };
}

/**
 * Reads the tags of an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
 */
export function getObjectTagging({ store, target }: OperationContext): Answer {
  return xmlAnswer(taggingDocument(store.read(target).tags));
}
