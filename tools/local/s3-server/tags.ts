/**
 * Tags of an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 *
 * @module
 */

import { z } from 'zod';
import { S3Error } from './errors.ts';
import type { Tag } from './object-record.ts';
import { element, parseXml, textElement, xmlDocument } from './xml.ts';

const MAX_TAGS = 10;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const tagSchema = z.object({ Key: z.string(), Value: z.string() });
const taggingSchema = z.object({
  Tagging: z.object({
    // An element without children is parsed as text, a repeated one as an array.
    TagSet: z.union([
      z.string().transform(() => []),
      z.object({ Tag: z.union([tagSchema.array(), tagSchema.transform((tag) => [tag])]) }),
    ]),
  }),
});

function isTagText(text: string, limit: number): boolean {
  return text.length <= limit && ALLOWED.test(text);
}

function invalidTag(message: string): S3Error {
  return new S3Error('InvalidTag', { message });
}

function checkTags(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > MAX_TAGS) {
    throw new S3Error('BadRequest', { message: 'Object tags cannot be greater than 10' });
  }
  for (const { key, value } of tags) {
    if (key === '' || key.startsWith('aws:') || !isTagText(key, MAX_KEY_CHARACTERS)) {
      throw invalidTag('The TagKey you have provided is invalid');
    }
    if (!isTagText(value, MAX_VALUE_CHARACTERS)) {
      throw invalidTag('The TagValue you have provided is invalid');
    }
  }
  if (new Set(tags.map((tag) => tag.key)).size < tags.length) {
    throw invalidTag('Cannot provide multiple Tags with the same key');
  }
  return tags;
}

/** Reads the tags of an `x-amz-tagging` header, which is written like a query string. */
export function readTaggingHeader(header: string | undefined): readonly Tag[] {
  return checkTags(Array.from(new URLSearchParams(header), ([key, value]) => ({ key, value })));
}

/** Reads the tags of a `Tagging` document. */
export function readTaggingDocument(text: string): readonly Tag[] {
  const parsed = taggingSchema.safeParse(parseXml(text));
  if (!parsed.success) throw new S3Error('MalformedXML');
  const { TagSet: set } = parsed.data.Tagging;
  const tags = 'Tag' in set ? set.Tag : [];
  return checkTags(tags.map(({ Key: key, Value: value }) => ({ key, value })));
}

/** Writes a `Tagging` document. */
export function taggingDocument(tags: readonly Tag[]): string {
  const elements = tags.map(({ key, value }) =>
    element('Tag', [textElement('Key', key), textElement('Value', value)]),
  );
  return xmlDocument('Tagging', [element('TagSet', elements)]);
}
