import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { type Enrich, noEnrichment } from '../../../../lambda/core/record/enrichment.ts';
import type { KafkaEventRecord } from '../../../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../../../lambda/core/record/line-buffer.ts';
import {
  type RecordLineSettings,
  RecordLineWriter,
} from '../../../../lambda/core/record/record-line.ts';
import { enrich } from '../../../../lambda/enrich.ts';
import { mskRecord, noon } from '../../../helpers/kafka-events.ts';

const source = 'arn:aws:kafka:cluster';

type Encodings = Pick<RecordLineSettings, 'keyEncoding' | 'valueEncoding'>;

const lines = new LineBuffer();

function writeLines(
  records: readonly KafkaEventRecord[],
  enrich: Enrich = noEnrichment,
  encodings: Encodings = {},
) {
  lines.reset();
  const settings = { source, metadata: { env: 'test' }, enrich, ...encodings };
  const writer = new RecordLineWriter(settings, lines);
  writer.write(
    { id: 'orders-3', topic: 'orders', partition: 3, first: 0, last: 0, records },
    records,
  );
  return {
    text: lines.slice(0, lines.length).toString(),
    bytesIn: lines.decoded,
  };
}

function writeLine(record: KafkaEventRecord, enrich?: Enrich, encodings?: Encodings): string {
  return writeLines([record], enrich, encodings).text;
}

/** The text between the fields around the value. */
function embedded(value: Uint8Array | string | null): { text: string; encoding: string } {
  const line = writeLine(mskRecord({ value }));
  const [, text = '', encoding = ''] =
    /,"headers":\[\],"value":(.*),"value_encoding":"(\w+)","metadata":\{"source":"arn:aws:kafka:cluster","env":"test"\}\}\n$/s.exec(
      line,
    ) ?? [];
  expect(JSON.parse(line).value_encoding).toBe(encoding);
  return { text, encoding };
}

describe('RecordLineWriter', () => {
  it('writes all fields in a fixed order', () => {
    const record = mskRecord({
      headers: [
        ['trace-id', '9f2c'],
        ['trace-id', Buffer.from([0xff, 0x00])],
        ['none', null],
      ],
    });
    expect(writeLine(record)).toBe(
      `{"topic":"orders","partition":3,"offset":100,"timestamp":${noon},"timestamp_type":"CREATE_TIME",` +
        '"key":"u-17","key_encoding":"utf8","headers":[{"name":"trace-id","value":"9f2c","encoding":"utf8"},' +
        '{"name":"trace-id","value":"/wA=","encoding":"base64"},{"name":"none","value":null,"encoding":"null"}],' +
        '"value":{"order":1},"value_encoding":"json","metadata":{"source":"arn:aws:kafka:cluster","env":"test"}}\n',
    );
  });

  it('writes null and absent as null, and empty bytes as text', () => {
    const nulls = { ...mskRecord({ key: null, value: null }), headers: null };
    const { key: _, value: __, headers: ___, ...absent } = mskRecord();
    expect(writeLine(nulls)).toContain(
      '"key":null,"key_encoding":"null","headers":[],"value":null,',
    );
    expect(writeLine(absent)).toBe(writeLine(nulls));
    expect(writeLine(mskRecord({ key: '', value: '' }))).toContain(
      '"key":"","key_encoding":"utf8","headers":[],"value":"","value_encoding":"utf8"',
    );
    expect(writeLine(mskRecord({ value: 'null' }))).toContain(
      '"value":null,"value_encoding":"json"',
    );
  });

  it('writes offsets and timestamps of any size exactly', () => {
    const numbers = [0, 9, 10, 999_999_999, 1_000_000_000, 4_294_967_296, Number.MAX_SAFE_INTEGER];
    for (const number of numbers) {
      expect(writeLine(mskRecord({ offset: number, timestamp: number }))).toContain(
        `"offset":${number},"timestamp":${number},`,
      );
    }
    expect(writeLine(mskRecord({ timestamp: -1 }))).toContain('"timestamp":-1,');
    expect(writeLine(mskRecord({ timestamp: null }))).toContain('"timestamp":null,');
    expect(writeLine({ ...mskRecord(), timestampType: null })).toContain('"timestamp_type":null,');
  });

  it.each([
    ['big integers', '{"id":12345678901234567890}'],
    ['decimals', '[1.0,1.10,-0,1E+2,1e-400]'],
    ['key order', '{"b":1,"a":2,"1":3}'],
    ['escapes', '"\\u0041\\/\\n\\u00e9"'],
    ['tabs', '{\t"a":\t1}'],
    ['spaces', ' {\t"a" :  1 } '],
    ['text beyond ASCII', '{"ключ":"値🙂"}'],
    ['the marks of a line', '{"value":1,"value_encoding":"json","metadata":{}}'],
  ])('embeds %s unchanged', (_, json) => {
    expect(embedded(json)).toEqual({ text: json, encoding: 'json' });
  });

  it('embeds 5 MB unchanged', () => {
    const long = JSON.stringify('x'.repeat(5_000_000));
    expect(embedded(long)).toEqual({ text: long, encoding: 'json' });
  });

  it.each([
    ['names that repeat', '{"a":1,"a":2}'],
    ['names that differ only in case', '{"a":1,"A":2}'],
    ['an unpaired surrogate in an escape', '["\\ud800"]'],
    ['a number that no double holds', '1e400'],
    ['an integer that 64 bits do not hold', '18446744073709551616'],
    ['an exponent of over 4 digits', '1e-10000'],
    ['a name of over 10,000 bytes', `{"${'a'.repeat(10_001)}":1}`],
    ['more than 100 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['line breaks of two kinds', '[1,\n2,\r\n3]'],
    ['line breaks and tabs', '{\n\t"a": 1\n}'],
  ])('writes JSON with %s as text', (_, json) => {
    expect(embedded(json)).toEqual({ text: JSON.stringify(json), encoding: 'utf8' });
  });

  it('has room for text that grows sixfold when escaped, and for what follows it', () => {
    const text = '\u0001'.repeat(3_000_000);
    const line = JSON.parse(writeLine(mskRecord({ key: text, value: text })));
    expect(line.key === text && line.value === text).toBe(true);
    expect(line.metadata).toEqual({ source, env: 'test' });
  });

  it.each([
    ['{\r\n  "a": "b\\n"\r\n}', '{\t  "a": "b\\n"\t}', 'crlf'],
    ['{"a":1}\n', '{"a":1}\t', 'lf'],
  ])('writes %j on one line, and what its line breaks were', (json, text, lineBreak) => {
    expect(writeLine(mskRecord({ value: json }))).toContain(
      `"headers":[],"value":${text},"value_encoding":"json","value_line_break":"${lineBreak}","metadata":{"source"`,
    );
  });

  it.each([
    ['a byte order mark', Buffer.from('\ufeff{}'), 'utf8'],
    ['control characters', Buffer.from('{"a":"\u0001"}'), 'utf8'],
    ['plain text', Buffer.from('hello "world" \\ \u007f\u2028'), 'utf8'],
    ['invalid UTF-8 inside JSON', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'base64'],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0x80, 0x22]), 'base64'],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'base64'],
    ['Avro', Buffer.from([0, 0, 0, 0, 1, 0xff, 0xfe]), 'base64'],
    ['a zero byte', Buffer.from([0]), 'utf8'],
  ] as const)('keeps %s', (_, bytes, encoding) => {
    const { text, encoding: actual } = embedded(bytes);
    expect(actual).toBe(encoding);
    expect(Buffer.from(JSON.parse(text), encoding)).toEqual(bytes);
  });

  describe.each<[string, Encodings, string, string, string]>([
    ['auto', {}, 'utf8', 'json', 'base64'],
    [
      'text',
      { keyEncoding: { '*': 'text' }, valueEncoding: { orders: 'text' } },
      'utf8',
      'utf8',
      'base64',
    ],
    [
      'base64',
      { keyEncoding: { orders: 'base64', '*': 'text' }, valueEncoding: { '*': 'base64' } },
      'base64',
      'base64',
      'base64',
    ],
    [
      'base64 of another topic',
      {
        keyEncoding: { Orders: 'base64' },
        valueEncoding: { order: 'base64' },
      },
      'utf8',
      'json',
      'base64',
    ],
  ])('with the encoding %s', (_, encodings, key, json, binary) => {
    it('writes each kind of bytes in its encoding', () => {
      const of = (value: string | Uint8Array | null) => {
        const line = JSON.parse(
          writeLine(
            mskRecord({ key: value, value, headers: [['h', value]] }),
            noEnrichment,
            encodings,
          ),
        );
        return [line.key_encoding, line.value_encoding, line.headers[0].encoding];
      };
      expect(of('{"a":1}')).toEqual([key, json, 'utf8']);
      expect(of('')).toEqual([key, key, 'utf8']);
      expect(of(Buffer.from([0xff]))).toEqual([binary, binary, 'base64']);
      expect(of(null)).toEqual(['null', 'null', 'null']);
    });
  });

  it('writes base64 with padding, of whatever base64 the event has', () => {
    const record = { ...mskRecord(), key: '-_8', value: '+/8' };
    const encodings = { keyEncoding: { '*': 'base64' }, valueEncoding: { '*': 'base64' } } as const;
    expect(writeLine(record, noEnrichment, encodings)).toContain(
      '"key":"+/8=","key_encoding":"base64","headers":[],"value":"+/8=","value_encoding":"base64"',
    );
    expect(writeLines([record], noEnrichment, encodings).bytesIn).toBe(4);
    expect(writeLine({ ...record, value: 'no base64!' }, noEnrichment, encodings)).toContain(
      '"value":"\\"no base64!\\"","value_encoding":"invalid"',
    );
  });

  it('counts the bytes as stored in Kafka', () => {
    const records = [
      mskRecord({ key: 'é', value: '{"a":1}', headers: [['name', 'abc']] }),
      mskRecord({ key: null, value: Buffer.from([0xff, 0xfe]) }),
    ];
    expect(writeLines(records).bytesIn).toBe(2 + 7 + 3 + 2);
  });

  it('keeps schema ids', () => {
    const record = {
      ...mskRecord(),
      keySchemaMetadata: { dataFormat: 'JSON', schemaId: '1' },
      valueSchemaMetadata: { dataFormat: 'AVRO', schemaId: 'b"2' },
    };
    expect(writeLine(record)).toContain(
      '"env":"test","key_schema_format":"JSON","key_schema_id":"1","value_schema_format":"AVRO","value_schema_id":"b\\"2"}}\n',
    );
  });

  it.each([
    ['keySchemaMetadata', 'key_schema'],
    ['valueSchemaMetadata', 'value_schema'],
  ])('keeps the schema id of %s alone', (name, field) => {
    const record = { ...mskRecord(), [name]: { dataFormat: 'AVRO', schemaId: '7' } };
    expect(writeLine(record)).toContain(
      `"env":"test","${field}_format":"AVRO","${field}_id":"7"}}\n`,
    );
  });

  it.each<[unknown, string, boolean]>([
    [2 ** 53 - 1, '9007199254740991', true],
    [2 ** 53, '9007199254740992', false],
    // Nanoseconds, which users of Kafka have run into: KIP-937.
    [1_764_230_400_000_000_000, '1764230400000000000', false],
    // Its shortest text is 4998618147213760000, which is another number.
    [JSON.parse('4998618147213761015'), '4998618147213760512', false],
    [JSON.parse('9223372036854775807'), '9223372036854775807', false],
    [JSON.parse('-9223372036854775808'), '-9223372036854775808', false],
    [JSON.parse('1e400'), '9223372036854775807', false],
    [0.5, '1', false],
    [Number.NaN, 'null', false],
    ['1764230400000', 'null', false],
  ])('writes the timestamp %j as %s, and says whether it is exact', (timestamp, text, isExact) => {
    const record = { ...mskRecord(), timestamp } as KafkaEventRecord;
    const rounded = isExact ? '' : ',"timestamp_rounded":true';
    expect(writeLine(record)).toBe(
      `{"topic":"orders","partition":3,"offset":100,"timestamp":${text},"timestamp_type":"CREATE_TIME",` +
        '"key":"u-17","key_encoding":"utf8","headers":[],"value":{"order":1},"value_encoding":"json",' +
        `"metadata":{"source":"arn:aws:kafka:cluster","env":"test"${rounded}}}\n`,
    );
  });

  it.each<[string, unknown, object]>([
    [
      'without an id',
      { dataFormat: 'PROTOBUF' },
      { value_schema_format: 'PROTOBUF', value_schema_id: null },
    ],
    [
      'of nulls',
      { dataFormat: null, schemaId: null },
      { value_schema_format: null, value_schema_id: null },
    ],
    [
      'with a number',
      { dataFormat: 'AVRO', schemaId: 7 },
      { value_schema_format: 'AVRO', value_schema_id: '7' },
    ],
    ['that is text', '7', { value_schema_format: null, value_schema_id: '7' }],
  ])('keeps schema metadata %s', (_, valueSchemaMetadata, expected) => {
    const record = { ...mskRecord(), valueSchemaMetadata } as KafkaEventRecord;
    expect(JSON.parse(writeLine(record)).metadata).toEqual({ source, env: 'test', ...expected });
  });

  it('keeps a timestamp type that is not text as its JSON', () => {
    const record = JSON.parse(JSON.stringify({ ...mskRecord(), timestampType: [1] }));
    expect(JSON.parse(writeLine(record)).timestamp_type).toBe('[1]');
  });

  it('writes no unpaired surrogate, at which readers fail', () => {
    const record = { ...mskRecord(), timestampType: '\ud83d', headers: [{ '\ude00': [97] }] };
    const line = JSON.parse(writeLine(record));
    expect(line.timestamp_type).toBe('"\\ud83d"');
    expect(line.headers).toEqual([{ name: '', value: '{"\\ude00":[97]}', encoding: 'invalid' }]);
    const cut = writeLine(mskRecord(), () => ({ '\ud83d': 'caf\ud83d' }));
    expect(cut).toContain('"env":"test","\ufffd":"caf\ufffd"}}\n');
  });

  it.each<[string, unknown]>([
    ['text that is not base64', 'no base64!'],
    ['padding inside', 'YQ==YQ=='],
    ['half a byte', 'YWJjZ'],
    // Node decodes these by their low bytes: three NUL bytes.
    ['characters beyond Latin-1', 'ŁŁŁŁ'],
    ['half an emoji', '\ud83d'],
    ['an object', { a: ['"'] }],
    ['a number', 1234],
  ])("keeps a key and a value of %s as the event's own JSON", (_, field) => {
    const record = JSON.parse(JSON.stringify({ ...mskRecord(), key: field, value: field }));
    const line = writeLine(record);
    const own = JSON.stringify(JSON.stringify(field));
    expect(line).toContain(`"key":${own},"key_encoding":"invalid","headers":[],"value":${own},`);
    expect(line).toContain(',"value_encoding":"invalid","metadata":{');
    expect(writeLines([record]).bytesIn).toBe(0);
  });

  it.each<[string, unknown, object]>([
    ['a fraction', { h: [1.5] }, { name: 'h', value: '[1.5]' }],
    ['more than a byte', { h: [256] }, { name: 'h', value: '[256]' }],
    ['less than a byte', { h: [-129] }, { name: 'h', value: '[-129]' }],
    ['a digit as text', { h: ['1'] }, { name: 'h', value: '["1"]' }],
    ['text', { h: 'abc' }, { name: 'h', value: '"abc"' }],
    ['no object', 'abc', { name: '', value: '"abc"' }],
    ['null', null, { name: '', value: 'null' }],
    ['a list', [[1]], { name: '', value: '[[1]]' }],
    ['without a name', {}, { name: '', value: '{}' }],
    ['of two names', { a: [1], b: [2] }, { name: '', value: '{"a":[1],"b":[2]}' }],
  ])("keeps a header of %s as the event's own JSON, between others", (_, header, expected) => {
    const good = { good: [103] };
    const record = { ...mskRecord(), headers: [good, header, good] };
    const line = JSON.parse(writeLine(JSON.parse(JSON.stringify(record))));
    const kept = { name: 'good', value: 'g', encoding: 'utf8' };
    expect(line.headers).toEqual([kept, { ...expected, encoding: 'invalid' }, kept]);
    expect(line.value).toEqual({ order: 1 });
  });

  it('keeps headers that are not a list', () => {
    const record = JSON.parse(JSON.stringify({ ...mskRecord(), headers: 'abc' }));
    expect(JSON.parse(writeLine(record)).headers).toEqual([
      { name: '', value: '"abc"', encoding: 'invalid' },
    ]);
  });

  it('writes a record that encodes no bytes between others that do', () => {
    const records = [mskRecord(), { ...mskRecord(), key: 'Ł' }, mskRecord()];
    const [first, , third, end] = writeLines(records).text.split('\n');
    expect([third, end]).toEqual([first, '']);
  });
});

describe('enrich', () => {
  it('adds nothing by default', () => {
    const { topic, partition, offset } = mskRecord();
    expect(enrich).toBe(noEnrichment);
    expect(enrich({ topic, partition, offset, timestamp: null, key: null, headers: [] })).toEqual(
      {},
    );
  });

  const record = mskRecord({
    headers: [
      ['tenant', 'acme'],
      ['none', null],
    ],
  });

  it('adds fields computed from coordinates, key and headers', () => {
    const seen: unknown[] = [];
    const line = writeLine(record, (input) => {
      seen.push(input);
      return { tenant: input.headers[0]?.value?.toString() ?? null, shard: 1.5, late: false };
    });
    expect(seen).toEqual([
      {
        topic: 'orders',
        partition: 3,
        offset: 100,
        timestamp: noon,
        key: Buffer.from('u-17'),
        headers: [
          { name: 'tenant', value: Buffer.from('acme') },
          { name: 'none', value: null },
        ],
      },
    ]);
    expect(line).toContain('"env":"test","tenant":"acme","shard":1.5,"late":false}}\n');
  });

  it('receives null for what a record lacks, and may add nothing', () => {
    const { headers: _, ...bare } = mskRecord({ key: null, timestamp: null });
    const line = writeLine(bare, ({ key, timestamp, headers }) => {
      expect({ key, timestamp, headers }).toEqual({ key: null, timestamp: null, headers: [] });
      return {};
    });
    expect(line).toContain('"metadata":{"source":"arn:aws:kafka:cluster","env":"test"}}\n');
  });

  it.each<[string, Enrich, string]>([
    [
      'throws',
      () => {
        throw new TypeError('secret u-17');
      },
      "it threw 'TypeError'",
    ],
    [
      'throws no error',
      () => {
        throw 'secret u-17';
      },
      "it threw 'string'",
    ],
    ['sets the source', () => ({ source: 'x' }), "it returned 'source', which is already set"],
    ['sets a static field', () => ({ env: 'x' }), "it returned 'env', which is already set"],
    [
      'returns an object in a field',
      () => JSON.parse('{"secret u-17":{}}'),
      'it returned a field that is not text, a number or a boolean',
    ],
    [
      'returns no number',
      () => ({ a: Number.NaN }),
      'it returned a field that is not text, a number or a boolean',
    ],
    ['returns nothing', () => JSON.parse('null'), 'it did not return a plain object'],
    ['returns a list', () => JSON.parse('[]'), 'it did not return a plain object'],
    ['is asynchronous', () => Object.assign(Promise.resolve()), 'it did not return a plain object'],
    [
      'throws an error whose name is made of a key',
      () => {
        throw Object.assign(new Error('secret'), { name: 'secret u-17' });
      },
      "it threw 'Error'",
    ],
    [
      'throws an error whose name cannot be read',
      () => {
        throw Object.defineProperty(new Error('secret'), 'name', {
          get() {
            throw new Error('secret');
          },
        });
      },
      "it threw 'Error'",
    ],
    [
      'returns a field that cannot be read',
      () => ({
        get tenant(): string {
          throw new TypeError('secret u-17');
        },
      }),
      "it threw 'TypeError'",
    ],
    [
      'returns a proxy that throws',
      () =>
        new Proxy(
          {},
          {
            getPrototypeOf() {
              throw new RangeError('secret u-17');
            },
          },
        ),
      "it threw 'RangeError'",
    ],
  ])('fails the batch when it %s, without quoting it', (_, enrich, fault) => {
    const line = () => writeLine(record, enrich);
    expect(line).toThrow(
      expect.objectContaining({
        code: 'ENRICH_FAILED',
        retryable: false,
        message: `enrich failed for orders-3 offset 100: ${fault} (lambda/enrich.ts)`,
      }),
    );
    expect(line).not.toThrow(expect.objectContaining({ cause: expect.anything() }));
  });

  it.each<[string, Enrich, string]>([
    ['the source in capitals', () => ({ Source: 1 }), '"Source_2":1'],
    ['a static field in capitals', () => ({ ENV: 1 }), '"ENV_2":1'],
    ['a mark of the line', () => ({ metadata: 1 }), '"metadata_2":1'],
    [
      'the mark of a rounded timestamp',
      () => ({ timestamp_rounded: 1 }),
      '"timestamp_rounded_2":1',
    ],
    [
      'names that differ only in case',
      () => ({ b: 1, a: 2, A: 3, a_2: 4 }),
      '"b":1,"a":2,"A_2":3,"a_2_2":4',
    ],
    [
      'names that differ only in unpaired surrogates',
      () => ({ '\ud800': 1, '\ud801': 2 }),
      '"\ufffd":1,"\ufffd_2":2',
    ],
  ])('gives %s a number, so that the record is archived', (_, enrich, fields) => {
    expect(writeLine(record, enrich)).toContain(
      `"metadata":{"source":"arn:aws:kafka:cluster","env":"test",${fields}}}\n`,
    );
  });

  it.each<[string, (rejected: Promise<never>) => unknown]>([
    ['is asynchronous and rejects', (rejected) => rejected],
    ['returns fields that reject', (rejected) => ({ a: rejected, b: Promise.reject(rejected) })],
    ['returns a list that rejects', (rejected) => ({ a: [1, rejected] })],
  ])('fails the batch, and not the process, when it %s', async (_, answer) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const enrich = () => answer(Promise.reject(new Error('secret u-17'))) as never;
    expect(() => writeLine(record, enrich)).toThrow(
      expect.objectContaining({ code: 'ENRICH_FAILED' }),
    );
    // Node reports a rejection once the promise jobs at hand are done, before the next turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('writes the value of a field that it read once', () => {
    let reads = 0;
    const line = writeLine(record, () => ({
      get tenant() {
        reads += 1;
        return `read ${reads}`;
      },
    }));
    expect(line).toContain('"tenant":"read 1"}}\n');
  });

  it('receives null in place of what encodes no bytes', () => {
    const odd = {
      ...mskRecord(),
      timestamp: '1',
      key: '!',
      headers: [{ a: 'x' }, 'y', { b: [98] }],
    };
    const seen: unknown[] = [];
    const enrich: Enrich = (input) => {
      seen.push(input);
      return {};
    };
    writeLines([odd, { ...odd, headers: 'z' }] as unknown as KafkaEventRecord[], enrich);
    const common = { topic: 'orders', partition: 3, offset: 100, timestamp: null, key: null };
    const headers = [
      { name: 'a', value: null },
      { name: 'b', value: Buffer.from('b') },
    ];
    expect(seen).toEqual([
      { ...common, headers },
      { ...common, headers: [] },
    ]);
  });
});
