import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonVerdict, scanJson } from '../../../../lambda/core/record/json-scanner.ts';

/** Scans text that has other bytes before and after it, as a line buffer has. */
function scan(text: string): { isJson: boolean; after: string } {
  const bytes = Buffer.from(`"before"${text}"after"`);
  const start = 8;
  const end = bytes.length - 7;
  const isJson = scanJson(bytes, start, end) !== jsonVerdict.notJson;
  return { isJson, after: bytes.toString('utf8', start, end) };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const documents = [
  '{}',
  '[]',
  ' { "a" : [ 1 , -0 , 0.5e-7 , 1E+3 , true , false , null ] , "" : { } } ',
  '"\\u00e9\\ud800 \\" \\\\ \\/ \\b\\f\\n\\r\\t é 🙂"',
  '[[[],{"a":{}}],[{}],"",0]',
  '-12.0',
  'true',
  'null',
  '123456789012345678901234567890',
];

describe('scanJson', () => {
  it.each(documents)('accepts %s', (text) => {
    expect(parses(text)).toBe(true);
    expect(scan(text).isJson).toBe(true);
  });

  it.each([
    ...[
      '',
      ' ',
      ',',
      ':',
      '}',
      ']',
      '{]',
      '[}',
      '{,}',
      '[,]',
      '[1,]',
      '{"a":1,}',
      '{"a"}',
      '{"a":}',
    ],
    ...['{1:2}', '{a:1}', "{'a':1}", '[1 2]', '1 2', '{}{}', '{}x', '[1]]', '"a" "b"', '/**/1'],
    ...['01', '-', '-a', '+1', '.5', '1.', '1.e1', '1e', '1e+', '0x1', 'NaN', 'Infinity', '--1'],
    ...['tru', 'True', 'nul', 'nulll', 'falsy', 'truefalse', 'undefined'],
    ...['"', '"a', '"\\', '"\\x"', '"\\u12"', '"\\u12g4"', '"\\u', '"a\nb"', '"\t"', '"\u0000"'],
    ...['\u00a01', '\ufeff{}', '\u20281', '\v1', '\f1', '1\u0000'],
  ])('refuses %j', (text) => {
    expect(parses(text)).toBe(false);
    expect(scan(text).isJson).toBe(false);
  });

  it('agrees with JSON.parse on every truncation of a document', () => {
    for (const text of documents) {
      for (let length = 0; length < text.length; length++) {
        const truncated = text.slice(0, length);
        // A cut surrogate pair would be another character in UTF-8.
        if (truncated.isWellFormed()) expect(scan(truncated).isJson).toBe(parses(truncated));
      }
    }
  });

  it('agrees with JSON.parse on any document, and on any change to it', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.constantFrom(...'{}[],:"\\-+.eE019tfn \n\t\r\u0000é', '\\u', '\\ud8', 'null', '1e5'),
        fc.string({ unit: 'binary', maxLength: 2 }),
      ),
    });
    const document = fc.json({ stringUnit: 'grapheme', maxDepth: 5 });
    fc.assert(
      fc.property(
        document,
        fc.array(change, { maxLength: 3 }),
        fc.nat(4),
        (json, changes, indent) => {
          const text = changes.reduce(
            (before, { at, remove, insert }) => {
              const place = Math.floor(at * before.length);
              return before.slice(0, place) + insert + before.slice(place + remove);
            },
            JSON.stringify(JSON.parse(json), null, indent),
          );
          fc.pre(text.isWellFormed());
          expect(scan(text).isJson).toBe(parses(text));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('checks every byte of a string and of a number, at any position in a block of sixteen', () => {
    for (let length = 0; length <= 36; length++) {
      const digits = '7'.repeat(length + 1);
      for (const [text, isJson] of [
        [digits, true],
        [`-${digits}.${digits}e-${digits}`, true],
        [`${digits}x`, false],
        [`${digits}.`, false],
      ] as const) {
        expect(scan(text).isJson, text).toBe(isJson);
      }
      for (let at = 0; at <= length; at++) {
        const withByte = (byte: string) => `"${'a'.repeat(at)}${byte}${'b'.repeat(length - at)}"`;
        for (const [byte, isJson] of [
          ['\\n', true],
          ['\\u00e9', true],
          ['\\u00g9', false],
          ['\\x', false],
          ['"', false],
          ['\u001f', false],
          ['\u007f', true],
        ] as const) {
          expect(scan(withByte(byte)).isJson, withByte(byte)).toBe(isJson);
        }
        const bytes = Buffer.from(`${withByte('é')}`);
        expect(scanJson(bytes, 0, bytes.length)).toBe(jsonVerdict.jsonIfUtf8);
        // What follows the text is not a part of it.
        const after = Buffer.from(`${withByte('c')}é`);
        expect(scanJson(after, 0, length + 3)).toBe(jsonVerdict.json);
      }
    }
  });

  it('accepts a text larger than any before', () => {
    const large = JSON.stringify({ text: 'é"\\'.repeat(3_000_000) });
    expect(scan(large)).toEqual({ isJson: true, after: large });
    expect(scan(large.slice(0, -1)).isJson).toBe(false);
  });

  it('requires a UTF-8 check only if there may be bytes beyond ASCII', () => {
    const verdictOf = (text: string) => {
      const bytes = Buffer.from(`${text} `);
      return scanJson(bytes, 0, bytes.length - 1);
    };
    expect(verdictOf('{"a":["b",1]}')).toBe(jsonVerdict.json);
    expect(verdictOf('{"a":["é",1]}')).toBe(jsonVerdict.jsonIfUtf8);
    expect(verdictOf('{"é":["b",1]}')).toBe(jsonVerdict.jsonIfUtf8);
    expect(verdictOf('["\\n é"]')).toBe(jsonVerdict.jsonIfUtf8);
  });

  it('turns line breaks between tokens into spaces and changes nothing else', () => {
    const { isJson, after } = scan('\r\n{\n "a\\n" :\r[\n\t1 ,\n{ }\n]\n}\n');
    expect(isJson).toBe(true);
    expect(after).toBe('  {  "a\\n" : [ \t1 , { } ] } ');
  });

  it('accepts any depth', () => {
    for (const depth of [29, 30, 31, 59, 60, 61, 1_000_000]) {
      const open = '[{"a":'.repeat(depth / 2) + '['.repeat(depth % 2);
      const close = ']'.repeat(depth % 2) + '}]'.repeat(depth / 2);
      const leaf = depth % 2 === 0 ? '0' : '';
      expect(scan(open + leaf + close).isJson).toBe(true);
      expect(scan(`${open}${leaf}${close}]`).isJson).toBe(false);
      expect(scan(open + leaf + close.slice(1)).isJson).toBe(false);
      expect(scan(open + leaf + close.slice(0, -1)).isJson).toBe(false);
    }
  });
});
