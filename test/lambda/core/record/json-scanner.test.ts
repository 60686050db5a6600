import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonScanner, NOT_EMBEDDED } from '../../../../lambda/core/record/json-scanner.ts';
import { type Embedding, embeddingOfText } from '../../../helpers/embedding-rule.ts';

const scanner = new JsonScanner(0);

/** Embeds bytes that have others before and after them, as in a line buffer, and returns the end. */
function embedBytes(bytes: Uint8Array): number {
  const end = 8 + bytes.length;
  scanner.reserve(end + 7);
  scanner.bytes.write('"before"');
  scanner.bytes.set(bytes, 8);
  scanner.bytes.write('"after"', end);
  const embedded = scanner.embed(8, end);
  if (scanner.bytes.toString('utf8', 0, 8) !== '"before"') throw new Error('wrote elsewhere');
  return embedded;
}

function embed(text: string): Embedding {
  const embedded = embedBytes(Buffer.from(text));
  if (embedded === NOT_EMBEDDED) return null;
  return { text: scanner.bytes.toString('utf8', 8, embedded), lineBreak: scanner.lineBreak };
}

function isEmbedded(text: string): boolean {
  return embed(text) !== null;
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
  '"\\u00e9\\ud83d\\ude00 \\" \\\\ \\/ \\b\\f\\n\\r\\t é 🙂"',
  '[[[],{"a":{}}],[{}],"",0]',
  '-12.0',
  'true',
  'null',
  '18446744073709551615.123456789012345678901234567890',
];

describe('JsonScanner', () => {
  it.each(documents)('accepts %s', (text) => {
    expect(parses(text)).toBe(true);
    expect(isEmbedded(text)).toBe(true);
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
    expect(isEmbedded(text)).toBe(false);
  });

  it('agrees with the rule on every truncation of a document', () => {
    for (const text of documents) {
      for (let length = 0; length < text.length; length++) {
        const truncated = text.slice(0, length);
        // A cut surrogate pair would be another character in UTF-8.
        if (truncated.isWellFormed()) expect(embed(truncated)).toEqual(embeddingOfText(truncated));
      }
    }
  });

  it('agrees with the rule on any document, and on any change to it', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(3),
      insert: fc.oneof(
        fc.constantFrom(
          ...'{}[],:"\\-+.eE019tfn \n\t\r\u0000é',
          '\\u',
          '\\ud83d',
          '\\ude00',
          'null',
        ),
        fc.constantFrom(
          '\r\n',
          '1e308',
          '0.1e309',
          '18446744073709551615',
          'e00001',
          '"a":1,',
          '"A":1,',
          ',"K":0',
          '"\\u0061":1,',
        ),
        fc.string({ unit: 'binary', maxLength: 2 }),
      ),
    });
    // Few names, so that they are often repeated, and in different ways.
    const name = fc.constantFrom(
      'a',
      'A',
      'b',
      'k',
      '\u212a',
      'é',
      'É',
      '',
      '@',
      '`',
      'longer than eight',
    );
    const { document } = fc.letrec((tie) => ({
      document: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 2 }).map((value) => JSON.stringify(value)),
        fc.constantFrom(
          '1',
          '1e307',
          '-0.1E309',
          '0e999',
          '-9223372036854775808',
          '"\\ud83d\\ude00"',
        ),
        fc.array(tie('document')).map((list) => `[${list.join()}]`),
        fc
          .array(fc.tuple(name, fc.boolean(), tie('document')))
          .map((fields) =>
            fields.map(([each, isEscaped, value]) => {
              const escaped = `"\\u${hex(each)}${each.slice(1)}"`;
              return `${isEscaped && each !== '' ? escaped : JSON.stringify(each)}:${value}`;
            }),
          )
          .map((fields) => `{${fields.join()}}`),
      ),
    }));
    const space = fc.constantFrom('', '', ' ', '\n', '\r\n', '\t', '\r');
    fc.assert(
      fc.property(
        document as fc.Arbitrary<string>,
        fc.array(change, { maxLength: 3 }),
        space,
        (json, changes, before) => {
          const spaced = json.replaceAll(',', `${before},${before}`);
          const text = changes.reduce((done, { at, remove, insert }) => {
            const place = Math.floor(at * done.length);
            return done.slice(0, place) + insert + done.slice(place + remove);
          }, spaced);
          fc.pre(text.isWellFormed());
          expect(embed(text)).toEqual(embeddingOfText(text));
          // Twice, because the scanner must not remember names of the text before.
          expect(embed(text)).toEqual(embeddingOfText(text));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('checks every byte of a string and of a number, at any position in a block of sixteen', () => {
    for (let length = 0; length <= 36; length++) {
      const digits = '7'.repeat(length + 1);
      for (const [text, isJson] of [
        [digits, length < 19],
        [`-7.${digits}e-7`, true],
        [`-7.${digits}e-${digits}`, length < 4],
        [`${digits}x`, false],
        [`${digits}.`, false],
      ] as const) {
        expect(isEmbedded(text), text).toBe(isJson);
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
          expect(isEmbedded(withByte(byte)), withByte(byte)).toBe(isJson);
        }
        const invalid = Buffer.from(withByte('~'));
        invalid[at + 1] = 0xff;
        expect(embedBytes(invalid)).toBe(NOT_EMBEDDED);
      }
    }
  });

  it('accepts a text larger than any before', () => {
    const large = JSON.stringify({ text: 'é"\\'.repeat(3_000_000) });
    expect(embed(large)?.text === large).toBe(true);
    expect(isEmbedded(large.slice(0, -1))).toBe(false);
  });

  it.each([
    ['\n{\n "a\\n" :\n[\n1 ,\n{ }\n]\n}\n', '\t{\t "a\\n" :\t[\t1 ,\t{ }\t]\t}\t', 'lf'],
    ['{\r\n  "a": 1\r\n}\r\n', '{\t  "a": 1\t}\t', 'crlf'],
    ['{\t"a":\t1}', '{\t"a":\t1}', null],
    ['{}\n', '{}\t', 'lf'],
  ])('writes %j on one line', (json, text, lineBreak) => {
    expect(embed(json)).toEqual({ text, lineBreak });
  });

  it.each(['[1,\n2,\r\n3]', '[1,\r2]', '[1]\r', '[1,\n\t2]', '[1,\r\n2,\t3]', '[1,\r\r\n2]'])(
    'refuses %j, whose line breaks cannot be told afterwards',
    (text) => {
      expect(parses(text)).toBe(true);
      expect(isEmbedded(text)).toBe(false);
    },
  );

  it.each([
    ['{"a":1,"b":2,"a":3}', false],
    ['{"a":1,"A":2}', false],
    ['{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', true],
    ['{"a":{"b":1},"c":{"b":1,"B":1}}', false],
    ['{"b":{"x":1,"y":{"z":1}},"a":[{"x":1}],"B":1}', false],
    ['{"":1,"":2}', false],
    ['{"":1,"a":2}', true],
    ['{"a":1,"\\u0041":2}', false],
    ['{"a":1,"\\u0042":2}', true],
    ['{"@":1,"`":2,"[":3,"{":4}', true],
    ['{"a name of over sixteen":1,"A NAME OF over sixteen":2}', false],
    ['{"a name of over sixteen":1,"a name of over sixteen!":2}', true],
    ['{"é":1,"É":2}', false],
    ['{"é":1,"è":2,"ключ":3}', true],
    ['{"k":1,"\u212a":2}', false],
    ['{"\u212a":1}', true],
    ['{"__proto__":1,"constructor":{"__proto__":2}}', true],
    ['{"1":{"a":1},"1":{"b":1,"c":1}}', false],
  ])('decides by the names of objects: %s', (text, expected) => {
    expect(embeddingOfText(text) !== null).toBe(expected);
    expect(isEmbedded(text)).toBe(expected);
  });

  it('agrees with the rule on names in any script, whatever it scanned before', () => {
    const fresh = new JsonScanner(1000);
    const letters = fc.oneof(
      ...[
        [0x20, 0x7f],
        [0x80, 0x24f],
        [0x370, 0x587],
        [0x1c80, 0x1fff],
        [0x2100, 0x218f],
        [0x2c00, 0x2dff],
        [0xa640, 0xa7ff],
        [0x10400, 0x104ff],
        [0x1f100, 0x1f6ff],
      ].map(([min, max]) => fc.integer({ min, max })),
      // With conditions, of another length, or with a small letter of another length.
      fc.constantFrom(...'ΣσςİıßẞſKÅȺⱥǅ東あ한'.split('').map((each) => each.charCodeAt(0))),
    );
    const name = fc
      .array(letters, { minLength: 1, maxLength: 12 })
      .map((units) => String.fromCodePoint(...units));
    const inCase = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => text.toLowerCase(),
      (text) => text.toUpperCase(),
    );
    fc.assert(
      fc.property(fc.array(name, { maxLength: 4 }), inCase, inCase, (names, of, other) => {
        const all = [...names.map(of), ...names.slice(-1).map(other)];
        const text = `{${all.map((each, i) => `${JSON.stringify(each)}:${i}`).join()}}`;
        expect(embed(text)).toEqual(embeddingOfText(text));
        const end = fresh.bytes.write(text);
        expect(fresh.embed(0, end) !== NOT_EMBEDDED).toBe(embeddingOfText(text) !== null);
      }),
      { numRuns: 1000 },
    );
  });

  it('knows the small letter of every character that has one', () => {
    const characters = Array.from({ length: 0x20000 }, (_, point) => String.fromCodePoint(point));
    const [capitals = [], others = []] = [true, false].map((isCapital) =>
      characters.filter(
        (each) => each.isWellFormed() && (each.toLowerCase() !== each) === isCapital,
      ),
    );
    for (let at = 0; at < others.length; at += 1000) {
      const names = others.slice(at, at + 1000).map((each) => [each, 0]);
      expect(isEmbedded(JSON.stringify(Object.fromEntries(names))), `${at}`).toBe(true);
    }
    expect(capitals.length).toBeGreaterThan(1000);
    const wrong = capitals.filter((each) => {
      const small = each.toLowerCase();
      return isEmbedded(`{"${each}":1,"${small}":2}`) || !isEmbedded(`{"${small}":1,"${each}ß":2}`);
    });
    expect(wrong).toEqual([]);
  });

  it('finds a name that is repeated among any number of others, nested or not', () => {
    for (const count of [10, 100, 1000, 20_000]) {
      const names = Array.from(
        { length: count },
        (_, i) => `"name ${i}":{"name ${i}":[{"id":${i}}]}`,
      );
      expect(isEmbedded(`{${names.join()}}`), `${count}`).toBe(true);
      for (const at of [0, count >> 1, count - 1]) {
        expect(isEmbedded(`{${names.join()},"NAME ${at}":0}`), `${count} ${at}`).toBe(false);
      }
    }
  });

  it('knows the names of each text alone, after more objects than it can count', () => {
    const objects = `[${'{},'.repeat(3_000_000)}{"a":1}]`;
    for (let i = 0; i < 7; i++) {
      expect(isEmbedded(objects)).toBe(true);
      expect(isEmbedded('{"a":{"a":1},"b":2}')).toBe(true);
      expect(isEmbedded('{"b":{"a":1},"B":2}')).toBe(false);
    }
  });

  it.each([
    ['1e307', true],
    ['9.99e307', true],
    ['1e308', false],
    ['-1E+308', false],
    ['0.001e310', true],
    ['0.001e311', false],
    ['1000e304', true],
    ['1000e305', false],
    ['0e9999', true],
    ['0e10000', false],
    ['-0.000E+400', true],
    ['1e-9999', true],
    ['1e-10000', false],
    ['1e0001', true],
    ['1e+00001', false],
    ['18446744073709551615', true],
    ['18446744073709551616', false],
    ['18446744073709551620', false],
    ['17999999999999999999.9e-9', true],
    ['18446744073709551616.5', false],
    ['18446744073709551616e-9', false],
    ['99999999999999999999E0', false],
    ['100000000000000000000', false],
    ['9999999999999999999', true],
    ['-9223372036854775808', true],
    ['-9223372036854775808.5', true],
    ['-9223372036854775809', false],
    ['-9223372036854775809e-1', false],
    ['-10000000000000000000', false],
    ['-100000000000000000000', false],
    [`-0.${'7'.repeat(297)}`, true],
    [`-0.${'7'.repeat(298)}`, false],
    [`0.${'0'.repeat(290)}1e598`, true],
    [`0.${'0'.repeat(290)}1e599`, false],
  ])('decides by the size of a number: %s', (text, expected) => {
    expect(parses(text)).toBe(true);
    expect(embeddingOfText(text) !== null).toBe(expected);
    expect(isEmbedded(text)).toBe(expected);
    expect(isEmbedded(`{"a":[0,${text}]}`)).toBe(expected);
  });

  it.each(['a', 'é', '\\n'])('accepts names of 10,000 bytes and no more: %s', (unit) => {
    const name = unit.repeat(10_000 / Buffer.byteLength(unit));
    for (const [text, expected] of [
      [`{"${name}":1}`, true],
      [`{"${name}a":1}`, false],
      [`[{"a":{"${name}a" :1}}]`, false],
      [`{"a":"${name}a"}`, true],
    ] as const) {
      expect(embeddingOfText(text) !== null).toBe(expected);
      expect(isEmbedded(text)).toBe(expected);
    }
  });

  it.each([
    ['"\\ud83d\\uDE00"', true],
    ['"\\ud7ff\\ue000"', true],
    ['"\\ud800"', false],
    ['"\\uDBFF"', false],
    ['"\\udc00"', false],
    ['"\\udfff\\ud800"', false],
    ['"\\ud83d\\ud83d\\ude00"', false],
    ['"\\ud83d \\ude00"', false],
    ['"\\ud83d\\nde00"', false],
    ['"\\ud83d\\\\ude00"', false],
    ['{"\\ud83d":1}', false],
  ])('decides by the surrogates in escapes: %s', (text, expected) => {
    expect(parses(text)).toBe(true);
    expect(isEmbedded(text)).toBe(expected);
  });

  it('accepts 100 levels and no more', () => {
    const nested = (depth: number, leaf: string) =>
      '[{"a":'.repeat(depth / 2) +
      '['.repeat(depth % 2) +
      leaf +
      ']'.repeat(depth % 2) +
      '}]'.repeat(depth / 2);
    for (const depth of [29, 30, 31, 98, 99, 100]) {
      const text = nested(depth, '0');
      expect(isEmbedded(text)).toBe(true);
      expect(isEmbedded(`${text}]`)).toBe(false);
      expect(isEmbedded(text.slice(1))).toBe(false);
      expect(isEmbedded(text.slice(0, -1))).toBe(false);
    }
    for (const depth of [101, 102, 128, 1_000_000]) {
      expect(parses(nested(depth, '0'))).toBe(true);
      expect(isEmbedded(nested(depth, '0'))).toBe(false);
    }
  });
});

/** The first code unit of a name, in hexadecimal digits. */
function hex(name: string): string {
  return name.charCodeAt(0).toString(16).padStart(4, '0');
}
