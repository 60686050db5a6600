/**
 * The little XML that S3 speaks.
 *
 * @module
 */

import { S3Error } from './errors.ts';

/** The namespace of every S3 document but errors. */
export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** An element that was read. */
export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  readonly children: XmlElement[];
  /** Its own text, entities resolved. */
  text: string;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escapeXml(text: string): string {
  // Control characters as S3 writes them: XML 1.0 has no form for most of them.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they may occur in object keys
  return text.replace(/[&<>"\u0000-\u001f]/g, (character) => {
    return escapes[character] ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

/** An element that holds text. */
export function textElement(name: string, value: string | number | boolean): string {
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** An element that holds elements, already written. */
export function element(name: string, children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

/** A whole document in S3's namespace. */
export function xmlDocument(name: string, children: readonly string[]): string {
  return `${DECLARATION}<${name} xmlns="${S3_NAMESPACE}">${children.join('')}</${name}>`;
}

/** A whole document without a namespace, as errors are. */
export function errorDocument(fields: Readonly<Record<string, string>>): string {
  const children = Object.entries(fields).map(([name, value]) => textElement(name, value));
  return DECLARATION + element('Error', children);
}

const namedEntities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

function resolveEntity(name: string): string {
  const code = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name);
  if (code === null) {
    const character = Object.hasOwn(namedEntities, name) ? namedEntities[name] : undefined;
    if (character === undefined) throw new S3Error('MalformedXML');
    return character;
  }
  const point = code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
  if (point > 0x10ffff) throw new S3Error('MalformedXML');
  return String.fromCodePoint(point);
}

function unescapeXml(text: string): string {
  return text.replace(/&([^;&]*)(;?)/g, (_match, name: string, end: string) =>
    resolveEntity(end === ';' ? name : ''),
  );
}

const TOKEN = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([^\s/<>!?]+)[^<>]*?(\/?)>|([^<]+)/y;

/**
 * Reads a document; attributes are passed over, a document type is refused.
 *
 * @returns the outermost element
 * @throws {S3Error} `MalformedXML`
 */
export function parseXml(text: string): XmlElement {
  const token = new RegExp(TOKEN);
  const top: XmlElement = { name: '', children: [], text: '' };
  const open: XmlElement[] = [top];
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    const parent = open.at(-1);
    if (match === null || parent === undefined) throw new S3Error('MalformedXML');
    const [, closes, fullName, isEmpty, content] = match;
    if (content !== undefined) parent.text += unescapeXml(content);
    if (fullName === undefined) continue;
    const name = fullName.slice(fullName.indexOf(':') + 1);
    if (closes === '/') {
      if (open.pop()?.name !== name) throw new S3Error('MalformedXML');
    } else {
      const child: XmlElement = { name, children: [], text: '' };
      parent.children.push(child);
      if (isEmpty !== '/') open.push(child);
    }
  }
  const [root, ...others] = top.children;
  const isWhole = open.length === 1 && others.length === 0 && top.text.trim() === '';
  if (root === undefined || !isWhole) throw new S3Error('MalformedXML');
  return root;
}

/** The children of that name. */
export function childrenNamed(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/**
 * The text of the one child of that name.
 *
 * @throws {S3Error} `MalformedXML` where there is none, or more than one.
 */
export function childText(parent: XmlElement, name: string): string {
  const [child, ...others] = childrenNamed(parent, name);
  if (child === undefined || others.length > 0) throw new S3Error('MalformedXML');
  return child.text;
}
