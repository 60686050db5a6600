import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteEncodings } from '../../lambda/contract.ts';
import { noEnrichment } from '../../lambda/core/record/enrichment.ts';
import { LineBuffer } from '../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../lambda/core/record/record-line.ts';
import { mskRecord } from '../helpers/kafka-events.ts';

const awkward = [
  ...[
    '',
    ' ',
    'null',
    '""',
    '0',
    '-0.0E+1',
    '12.50',
    '12345678901234567890',
    '1e400',
    '7'.repeat(1500),
  ],
  ...[
    '{"a":1,"a":2}',
    '{"a":1,"A":2}',
    '{"offset":1,"value_encoding":"json"}',
    '{"b":{"b":1},"a":[]}',
  ],
  ...[
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"\\u0000"',
    '\ufeff{}',
    '"\u0085\u2028\u2029"',
    '\u0085\u2028\u2029',
  ],
  ...[
    ' { "a" : 1 } ',
    '{\t"a":\t1}',
    '{"a":1}\n',
    '{\r\n  "a": [\r\n  ]\r\n}\r\n',
    '[1,\n2,\r\n3]',
    '[1,\r2]',
  ],
  ...[
    '{\n\t"a": 1\n}',
    '"a\\n\\t\\r"',
    'a\nb\tc\rd',
    '[1,\n',
    '\t',
    '\n',
    '\r\n',
    '\u0000\u0001\u001f\u007f',
  ],
  ...[
    '[',
    '['.repeat(100) + ']'.repeat(100),
    '['.repeat(5000) + ']'.repeat(5000),
    '\\',
    '"',
    '\\"',
  ],
  ...[
    '],"value":',
    ',"value_encoding":"json","metadata":{',
    '{"x":"],\\"value\\":"}',
    '"metadata":{}}',
  ],
  ...['{"ключ":"値🙂","Ключ":1}', '🙂'.repeat(1000), 'x'.repeat(3_000_000)],
].map((text) => Buffer.from(text));

const binary = [
  [0],
  [0xff],
  [0, 0, 0, 0, 1, 2, 0xc3, 0x28],
  [0x22, 0xed, 0xa0, 0x80, 0x22],
  [0xc0, 0x80],
].map((bytes) => Buffer.from(bytes));

it('a decoder in Python, by the documented rule, returns the bytes of every record', () => {
  const sampled = fc.sample(
    fc.oneof(
      fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
      fc.json({ stringUnit: 'binary' }).map((json) => Buffer.from(json)),
      fc.json().map((json) => Buffer.from(json.replaceAll(',', ' ,\r\n'))),
    ),
    2000,
  );
  const values = [null, ...awkward, ...binary, ...sampled];
  const lines = new LineBuffer();
  const expected: unknown[] = [];
  for (const encoding of byteEncodings) {
    const encodings = { keyEncoding: { '*': encoding }, valueEncoding: { '*': encoding } };
    const settings = { source: 'x', metadata: { env: ',"metadata":{' }, enrich: noEnrichment };
    const writer = new RecordLineWriter({ ...settings, ...encodings }, lines);
    const records = values.map((value, offset) => {
      // Each value also is a key, and a header of a name that is as awkward.
      const name = awkward[offset % 40]?.toString() ?? '';
      const parts = {
        topic: 'a.b_c-1',
        partition: 7,
        offset,
        timestamp: offset === 0 ? null : offset,
      };
      const hex = value?.toString('hex') ?? null;
      expected.push([...Object.values(parts), hex, hex, [[name, hex]]]);
      return mskRecord({ ...parts, key: value, value, headers: [[name, value]] });
    });
    const run = {
      id: 'a.b_c-1-7',
      topic: 'a.b_c-1',
      partition: 7,
      first: 0,
      last: records.length - 1,
    };
    writer.write({ ...run, records }, records);
  }
  const script = join(import.meta.dirname, 'decode_lines.py');
  const input = lines.slice(0, lines.length);
  const output = execFileSync('python3', [script], { input, maxBuffer: 1e9, encoding: 'utf8' });
  const decoded = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(decoded.length).toBe(expected.length);
  // One by one, because a difference in all of them would be too large to print.
  for (const [i, each] of decoded.entries()) expect(each).toEqual(expected[i]);
});
