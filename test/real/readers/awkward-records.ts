import { Buffer } from 'node:buffer';
import type { KafkaEventRecord } from '../../../lambda/core/record/kafka-event.ts';
import { noon } from '../../helpers/kafka-events.ts';

/** A record that some reader alters or fails on. */
export interface AwkwardRecord {
  /** What is awkward about it, as the documentation names it. */
  readonly name: string;
  /** Null for a tombstone. */
  readonly value: Buffer | null;
  /** @default - none */
  readonly key?: Buffer;
  /** @default - none */
  readonly headers?: NonNullable<KafkaEventRecord['headers']>;
}

const BOM = '\ufeff';
const DEEP = 5000;

/**
 * Awkward values by name: text, bytes, or null. Append only: the position is the record's offset in the objects of
 * `test/fixtures/format-1`, which are frozen.
 */
const values: Readonly<Record<string, string | Buffer | null>> = {
  'plain object': '{"id":1,"name":"a","tags":["x","y"]}',
  'integer beyond 2^53': '{"n":9007199254740993}',
  'integer beyond 2^64': '{"n":18446744073709551616}',
  'integer of 30 digits': '{"n":123456789012345678901234567890}',
  'negative integer beyond 2^64': '{"n":-18446744073709551617}',
  '`12.50`': '{"total":12.50}',
  '`-0`': '{"n":-0}',
  '`1E+2`': '{"n":1E+2}',
  'fraction of 40 digits': '{"n":0.1000000000000000055511151231257827021181}',
  '`1e400`': '{"n":1e400}',
  '`-1e400`': '{"n":-1e400}',
  '`1e-400`': '{"n":1e-400}',
  '`1e300`': '{"n":1e300}',
  'exponent of 30 digits': '{"n":1e-100000000000000000000000000000}',
  'number of 300 digits': `{"n":${'1234567890'.repeat(30)}}`,
  'number of 1,500 digits': `{"n":${'1234567890'.repeat(150)}}`,
  'fraction of 1,500 digits': `{"n":0.${'1234567890'.repeat(150)}}`,
  'repeated name': '{"a":1,"a":2}',
  'repeated name, inside': '{"x":[{"b":1,"c":2,"b":3}]}',
  'repeated name, one escaped': '{"a":1,"\\u0061":2}',
  'names that differ in case': '{"a":1,"A":2}',
  'names that differ in case, beyond ASCII': '{"ä":1,"Ä":2}',
  'names of the line':
    '{"topic":"t","partition":9,"offset":7,"value_encoding":"base64","metadata":{"source":"x"}}',
  'end of a line': '{"value":1,"value_encoding":"json","metadata":{"source":"x"}}',
  'end of a line in a string':
    '{"s":"],\\"value\\":1,\\"value_encoding\\":\\"utf8\\",\\"metadata\\":{}}"}',
  'spaces between tokens': '{ "a" : 1 , "b" : [ 1 , 2 ] }',
  'spaces around': '  {"a":1}  ',
  escapes: '{"s":"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\"}',
  'escaped surrogate pair': '{"s":"\\ud83d\\ude00"}',
  'escaped high surrogate alone': '{"s":"\\ud800"}',
  'escaped low surrogate alone': '{"s":"\\udc00 x"}',
  'surrogates in the wrong order': '{"s":"\\ude00\\ud83d"}',
  'surrogate alone in a name': '{"\\ud800":1}',
  'escaped U+0000': '{"s":"a\\u0000b"}',
  'escaped U+0000 in a name': '{"a\\u0000b":1}',
  'characters beyond the BMP': '{"s":"😀 𝄞"}',
  'noncharacter U+FFFF': '{"s":"\uffff"}',
  'U+0085, U+2028 and U+2029': '{"s":"a\u0085b\u2028c\u2029d"}',
  'U+0085, U+2028 and U+2029 in text': 'a\u0085b\u2028c\u2029d',
  'empty name': '{"":1}',
  'names with dots, spaces and quotes': '{"a.b":1,"c d":2,"e\\"f":3,"$.g":4}',
  'name of 70,000 characters': `{"${'n'.repeat(70_000)}":1}`,
  '2,000 names': `{${Array.from({ length: 2000 }, (_, i) => `"n${i}":${i}`).join()}}`,
  array: '[1,2,3]',
  'array of several types': '[1,"a",null,{"b":[]},2.5]',
  'empty array': '[]',
  'empty object': '{}',
  string: '"text"',
  number: '42',
  true: 'true',
  'JSON null': 'null',
  'field of another type': '{"id":"seven","name":{"first":"a"},"tags":7}',
  'text that looks like a date': '"2026-11-23T09:00:00Z"',
  'depth 100': `${'['.repeat(100)}${']'.repeat(100)}`,
  'depth 101': `${'['.repeat(101)}${']'.repeat(101)}`,
  'depth 127, of objects': `${'{"a":'.repeat(126)}{}${'}'.repeat(126)}`,
  'depth 5,000': `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
  'depth 5,000, of objects': `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
  '3 MB': `{"s":"${'x'.repeat(3_000_000)}"}`,
  'line feeds between tokens': '{\n  "a": 1,\n  "b": [\n    2\n  ]\n}',
  'line feed at the end': '{"a":1}\n',
  'CRLF between tokens': '{\r\n  "a": 1\r\n}\r\n',
  'carriage returns between tokens': '{\r"a":1\r}',
  'tabs between tokens': '{\t"a":\t1}',
  'line feeds and tabs': '{\n\t"a": 1\n}',
  'LF and CRLF': '{\r\n"a":1\n}',
  tombstone: null,
  'empty value': '',
  text: 'plain text, no JSON',
  'text with quotes, backslashes and control characters': 'a "b" \\ \u0001\u007f\t\r\n c',
  'text with U+0000': 'a\u0000b',
  'byte order mark': `${BOM}{"a":1}`,
  'almost JSON': "{'a':1,}",
  'NaN and Infinity': '[NaN,Infinity]',
  'bytes that are not UTF-8': Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]),
  'UTF-8 of a surrogate': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
};

const odd: Readonly<Record<string, Pick<AwkwardRecord, 'key' | 'headers'>>> = {
  'key with quotes': { key: Buffer.from('a "quoted" \\ key') },
  'key like the start of a value': { key: Buffer.from('x","headers":[],"value":1') },
  'key of JSON': { key: Buffer.from('{"id": 1}') },
  'empty key': { key: Buffer.alloc(0) },
  'key of bytes': { key: Buffer.from([0x00, 0xff]) },
  'key with line breaks, U+2028 and emoji': { key: Buffer.from('a\r\n\u2028😀') },
  'key of 20,000 quotes': { key: Buffer.from('"'.repeat(20_000)) },
  'repeated headers': { headers: [{ h: [49] }, { h: [50] }, { h: null }] },
  'header like the start of a value': {
    headers: [{ '],"value":1': [...Buffer.from('],"value":2,"value_encoding":"json"')] }],
  },
  'header of bytes, header without a name': { headers: [{ bytes: [-1, -2] }, { '': [] }] },
};

/** The records; the position is the offset. */
export const awkwardRecords: readonly AwkwardRecord[] = [
  ...Object.entries(values).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? Buffer.from(value) : value,
  })),
  ...Object.entries(odd).map(([name, parts]) => ({
    name,
    value: Buffer.from('{"a":1}'),
    ...parts,
  })),
];

/** The topic of {@link awkwardEvent}. */
export const awkwardTopic = 'orders';

/** The event of the mapping with {@link awkwardRecords}, in two partitions, and three records without a usable timestamp. */
export function awkwardEvent(): unknown {
  const dated = awkwardRecords.map(({ headers, key, value }, offset) => ({
    topic: awkwardTopic,
    partition: offset % 2,
    offset,
    timestamp: noon,
    timestampType: 'CREATE_TIME',
    ...(key !== undefined && { key: key.toString('base64') }),
    ...(value !== null && { value: value.toString('base64') }),
    headers: headers ?? [],
  }));
  const undated = [-1, null, 1e18].map((timestamp, index) => ({
    topic: awkwardTopic,
    partition: 2,
    offset: index,
    timestamp,
    timestampType: timestamp === null ? 'NO_TIMESTAMP_TYPE' : 'CREATE_TIME',
    value: Buffer.from('{"a":1}').toString('base64'),
    headers: [],
  }));
  return eventOf(awkwardTopic, [...dated, ...undated]);
}

/** The event of a topic whose name begins with an underscore: three records. */
export function hiddenTopicEvent(): unknown {
  const records = [0, 1, 2].map((offset) => ({
    topic: '_schemas',
    partition: 0,
    offset,
    timestamp: noon,
    timestampType: 'CREATE_TIME',
    value: Buffer.from('{"a":1}').toString('base64'),
    headers: [],
  }));
  return eventOf('_schemas', records);
}

function eventOf(topic: string, records: readonly { readonly partition: number }[]): unknown {
  const runs = Object.groupBy(records, ({ partition }) => `${topic}-${partition}`);
  return {
    eventSource: 'aws:kafka',
    eventSourceArn:
      'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3',
    bootstrapServers: 'b-1.shop.kafka.eu-west-1.amazonaws.com:9098',
    records: runs,
  };
}
