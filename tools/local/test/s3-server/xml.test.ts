import { describe, expect, it } from 'vitest';
import { childText, element, parseXml, textElement } from '../../s3-server/xml.ts';

describe('XML', () => {
  it('is read with its declaration, comments, prefixes, attributes and entities', () => {
    const text =
      '<?xml version="1.0"?>\n<!-- a <b> --><s:Top xmlns:s="x"><Key a="1">&lt;&amp;&quot;&apos;&#65;&#x1F600; </Key><Empty/></s:Top>\n';
    const top = parseXml(text);
    expect(top.name).toBe('Top');
    expect(top.children.map(({ name }) => name)).toEqual(['Key', 'Empty']);
    expect(childText(top, 'Key')).toBe('<&"\'A\u{1f600} ');
    expect(childText(top, 'Empty')).toBe('');
  });

  it('reads back what was written, whatever the text', () => {
    const text = ' <a> & "b" \u0001\r\n é \u{1f600}';
    expect(childText(parseXml(element('Top', [textElement('Key', text)])), 'Key')).toBe(text);
  });

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><b/>',
    '<a/>text',
    '<a>&unknown;</a>',
    '<a>&amp</a>',
    '<a>&</a>',
    '<a>&#x110000;</a>',
    '<a>&toString;</a>',
    '<!DOCTYPE a><a/>',
    '<a',
    '<>',
  ])('%j is MalformedXML', (text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
