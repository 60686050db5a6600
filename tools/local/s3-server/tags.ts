/**
 * Tags of an object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 *
 * @module
 */

import { S3Error } from './errors.ts';
import type { Tag } from './object-record.ts';
import {
  childrenNamed,
  childText,
  element,
  parseXml,
  textElement,
  type XmlElement,
  xmlDocument,
} from './xml.ts';

const MAX_TAGS = 10;
const MAX_KEY_CHARACTERS = 128;
const MAX_VALUE_CHARACTERS = 256;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function isTagText(text: string, limit: number): boolean {
  return text.length <= limit && ALLOWED.test(text);
}

function checkTags(tags: readonly Tag[]): readonly Tag[] {
  if (tags.length > MAX_TAGS) {
    throw new S3Error('BadRequest', { message: 'Object tags cannot be greater than 10' });
  }
  for (const { key, value } of tags) {
    if (key === '' || key.startsWith('aws:') || !isTagText(key, MAX_KEY_CHARACTERS)) {
      throw new S3Error('InvalidTag', { message: 'The TagKey you have provided is invalid' });
    }
    if (!isTagText(value, MAX_VALUE_CHARACTERS)) {
      throw new S3Error('InvalidTag', { message: 'The TagValue you have provided is invalid' });
    }
  }
  if (new Set(tags.map((tag) => tag.key)).size < tags.length) {
    throw new S3Error('InvalidTag', { message: 'Cannot provide multiple Tags with the same key' });
  }
  return tags;
}

function readTag(tag: XmlElement): Tag {
  return { key: childText(tag, 'Key'), value: childText(tag, 'Value') };
}

/** The tags of an `x-amz-tagging` header, written like a query. */
export function readTaggingHeader(header: string | undefined): readonly Tag[] {
  return checkTags(Array.from(new URLSearchParams(header), ([key, value]) => ({ key, value })));
}

/** The tags of a `Tagging` document. */
export function readTaggingDocument(text: string): readonly Tag[] {
  const root = parseXml(text);
  const [set, ...others] = childrenNamed(root, 'TagSet');
  if (root.name !== 'Tagging' || set === undefined || others.length > 0) {
    throw new S3Error('MalformedXML');
  }
  return checkTags(childrenNamed(set, 'Tag').map(readTag));
}

/** A `Tagging` document. */
export function taggingDocument(tags: readonly Tag[]): string {
  const elements = tags.map(({ key, value }) =>
    element('Tag', [textElement('Key', key), textElement('Value', value)]),
  );
  return xmlDocument('Tagging', [element('TagSet', elements)]);
}
