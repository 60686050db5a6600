/**
 * XML documents of S3, built and parsed by the SDK's own library.
 *
 * @module
 */

import { parseXML, XmlNode, XmlText } from '@aws-sdk/xml-builder';
import { S3Error } from './errors.ts';

/** The namespace of every S3 document except errors. */
const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** An element with child elements. */
export function element(name: string, children: XmlNode[]): XmlNode {
  return new XmlNode(name, children);
}

/** An element with text. */
export function textElement(name: string, value: string | number | boolean): XmlNode {
  return new XmlNode(name, [new XmlText(String(value))]);
}

/** A document in S3's namespace. */
export function xmlDocument(name: string, children: XmlNode[]): string {
  return `${DECLARATION}${new XmlNode(name, children).addAttribute('xmlns', S3_NAMESPACE)}`;
}

/** An error document, which has no namespace. */
export function errorDocument(fields: Readonly<Record<string, string>>): string {
  const children = Object.entries(fields).map(([name, value]) => textElement(name, value));
  return `${DECLARATION}${element('Error', children)}`;
}

/**
 * Parses a document into an object keyed by the name of its root element. A repeated element becomes
 * an array, an element without children its text.
 *
 * @throws {S3Error} `MalformedXML`
 */
export function parseXml(text: string): unknown {
  try {
    return parseXML(text);
  } catch {
    throw new S3Error('MalformedXML');
  }
}
