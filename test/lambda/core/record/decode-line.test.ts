import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteEncodings } from '../../../../lambda/contract.ts';
import { decodeLine } from '../../../../lambda/core/record/decode-line.ts';
import { noEnrichment } from '../../../../lambda/core/record/enrichment.ts';
import type { KafkaEventRecord } from '../../../../lambda/core/record/kafka-event.ts';
import { LineBuffer } from '../../../../lambda/core/record/line-buffer.ts';
import { RecordLineWriter } from '../../../../lambda/core/record/record-line.ts';
import { embeddingOf } from '../../../helpers/embedding-rule.ts';
import { mskRecord, noon } from '../../../helpers/kafka-events.ts';

const metadata = '{"source":"arn:aws:kafka:cluster","env":"],\\"value\\":"}';

const lines = new LineBuffer();

function write(
  record: KafkaEventRecord,
  encoding: (typeof byteEncodings)[number] = 'auto',
): Buffer {
  lines.reset();
  const encodings = { keyEncoding: { '*': encoding }, valueEncoding: { '*': encoding } };
  const settings = {
    source: 'arn:aws:kafka:cluster',
    metadata: { env: '],"value":' },
    enrich: noEnrichment,
  };
  const writer = new RecordLineWriter({ ...settings, ...encodings }, lines);
  const { offset, partition, topic } = record;
  writer.write(
    {
      id: `${topic}-${partition}`,
      topic,
      partition,
      first: offset,
      last: offset,
      records: [record],
    },
    [record],
  );
  return Buffer.from(lines.slice(0, lines.length));
}

function withoutLineBreak(line: Buffer): Buffer {
  return line.subarray(0, -1);
}

const anyBytes = fc.oneof(
  fc.json({ stringUnit: 'grapheme' }).map((json) => Buffer.from(json)),
  fc
    .tuple(fc.json(), fc.constantFrom(' ', '\n', '\r\n', '\t', '\r', '\n '))
    .map(([json, space]) => Buffer.from(json.replaceAll(/[,:]/g, `${space}$&${space}`) + space)),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc
    .constantFrom('\u0085', '\u2028', '\u2029', '"\u2028\u0085"', '],"value":', '","metadata":{')
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.tuple(fc.json(), fc.nat(), fc.nat(255)).map(([json, at, byte]) => {
    const changed = Buffer.from(json);
    changed[at % changed.length] = byte;
    return changed;
  }),
);
const bytesOrNull = fc.option(anyBytes, { freq: 20 });

describe('decodeLine', () => {
  it('returns the bytes of any record from one line that is JSON', () => {
    const record = fc.record({
      offset: fc.maxSafeNat(),
      timestamp: fc.option(fc.maxSafeInteger()),
      key: bytesOrNull,
      value: bytesOrNull,
      headers: fc.array(
        fc.tuple(
          fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__'),
          bytesOrNull,
        ),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(record, fc.constantFrom(...byteEncodings), (parts, encoding) => {
        const written = write(mskRecord(parts), encoding);
        const line = withoutLineBreak(written);
        // Of bytes that a reader could take for the end of a line, there is one: the last.
        expect(written.findIndex((byte) => byte < 0x20 && byte !== 0x09)).toBe(line.length);
        const json = JSON.parse(line.toString());
        const decoded = decodeLine(line);
        expect(decoded).toEqual({
          ...{ topic: 'orders', partition: 3, timestampType: 'CREATE_TIME', metadata },
          ...{
            offset: parts.offset,
            timestamp: parts.timestamp,
            key: parts.key,
            value: parts.value,
          },
          headers: parts.headers.map(([name, value], i) => ({
            name,
            value,
            encoding: json.headers[i].encoding,
          })),
          keyEncoding: json.key_encoding,
          valueEncoding: json.value_encoding,
          valueLineBreak: json.value_line_break ?? null,
        });
        if (parts.value === null || encoding !== 'auto') return;
        const rule = embeddingOf(parts.value);
        expect(json.value_encoding === 'json').toBe(rule !== null);
        expect(decoded.valueLineBreak).toBe(rule?.lineBreak ?? null);
      }),
      { numRuns: 2000 },
    );
  });

  it('decodes a line of format 1 as text, whose line breaks are spaces', () => {
    const line =
      `{"topic":"a.b_c-1","partition":0,"offset":7,"timestamp":${noon},"timestamp_type":null,"key":null,"key_encoding":"null",` +
      '"headers":[{"name":"],","value":"/wA=","encoding":"base64"}],"value":{ "a" :[[1e999,"\\ud800"]],"a":1},"value_encoding":"json",' +
      '"metadata":{"source":"x","value_encoding":"json","metadata":"y","value_schema":{"data_format":"AVRO","schema_id":"1"}}}';
    expect(decodeLine(line)).toEqual({
      ...{ topic: 'a.b_c-1', partition: 0, offset: 7, timestamp: noon, timestampType: null },
      ...{ key: null, keyEncoding: 'null' },
      headers: [{ name: '],', value: Buffer.from([0xff, 0]), encoding: 'base64' }],
      value: Buffer.from('{ "a" :[[1e999,"\\ud800"]],"a":1}'),
      ...{ valueEncoding: 'json', valueLineBreak: null },
      metadata:
        '{"source":"x","value_encoding":"json","metadata":"y","value_schema":{"data_format":"AVRO","schema_id":"1"}}',
    });
  });

  it("returns the event's own JSON where the event held no bytes", () => {
    const record = JSON.parse(
      JSON.stringify({ ...mskRecord(), key: 1, value: '!', headers: ['x'] }),
    );
    const { headers, key, keyEncoding, value, valueEncoding } = decodeLine(
      withoutLineBreak(write(record)),
    );
    expect([key, keyEncoding]).toEqual([Buffer.from('1'), 'invalid']);
    expect([value, valueEncoding]).toEqual([Buffer.from('"!"'), 'invalid']);
    expect(headers).toEqual([{ name: '', value: Buffer.from('"x"'), encoding: 'invalid' }]);
  });

  const good = withoutLineBreak(
    write(mskRecord({ key: Buffer.from([0xff]), headers: [['h', 'x']] })),
  ).toString();

  it.each<[string, string | Buffer]>([
    ['is empty', ''],
    ['is other JSON', '{"a":1}'],
    ['is no object', 'null'],
    ['ends with its line break', `${good}\n`],
    ['is followed by another line', `${good}${good}`],
    ['is cut', good.slice(0, -1)],
    ['is cut in the metadata', good.slice(0, -10)],
    ['is cut before the value', good.slice(0, good.indexOf('"value":{'))],
    ['is cut at its start', good.slice(1)],
    [
      'is not UTF-8',
      Buffer.concat([Buffer.from(good.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]),
    ],
    [
      'was written again by another program',
      JSON.stringify(JSON.parse(good), null, 1).replaceAll('\n', ''),
    ],
    [
      'has its fields in another order',
      good.replace('"topic":"orders","partition":3', '"partition":3,"topic":"orders"'),
    ],
    ['has another field', good.replace('"headers"', '"more":1,"headers"')],
    ['lacks a field', good.replace('"timestamp_type":"CREATE_TIME",', '')],
    ['has a timestamp that is text', good.replace(`${noon}`, `"${noon}"`)],
    ['has a timestamp type that is a number', good.replace('"CREATE_TIME"', '1')],
    ['has another encoding', good.replace('"value_encoding":"json"', '"value_encoding":"hex"')],
    [
      'has an unknown line break',
      good.replace('"value_encoding":"json"', '"value_encoding":"json","value_line_break":"cr"'),
    ],
    [
      'has a null that is not null',
      good.replace('"value_encoding":"json"', '"value_encoding":"null"'),
    ],
    [
      'has a string that is none',
      good.replace('"value_encoding":"json"', '"value_encoding":"utf8"'),
    ],
    [
      'has line breaks of a value that is not embedded',
      good
        .replace('{"order":1}', 'null')
        .replace('"value_encoding":"json"', '"value_encoding":"null","value_line_break":"lf"'),
    ],
    ['has text with half a surrogate pair', good.replace('"value":"x"', '"value":"\\ud800"')],
    ['has base64 that is none', good.replace('"/w=="', '"/w="')],
    ['has a header without a name', good.replace('"name":"h",', '')],
    [
      'has headers that are no list',
      good.replace('[{"name":"h","value":"x","encoding":"utf8"}]', '{"name":["h"]}'),
    ],
    ['has another field', good.replace('"key_encoding"', '"more":1,"key_encoding"')],
    ['has metadata twice', good.replace(/}$/, ',"metadata":5}')],
    [
      'has its value in the metadata',
      good.replace('],"value":{"order":1}', ']').replace('"env":', '"list":["x"],"value":'),
    ],
    ['has metadata that is no JSON', good.replace('"env":', '"env"')],
    ['embeds what is no JSON', good.replace('{"order":1}', '{"order":}')],
  ])('refuses a line that %s', (_, line) => {
    expect(line).not.toBe(good);
    const said = expect.stringMatching(/^not a record line: it [a-z -]+(UTF-8|JSON)?[a-z ,]*$/);
    const error = expect.objectContaining({
      code: 'NOT_A_RECORD_LINE',
      retryable: false,
      message: said,
    });
    expect(() => decodeLine(line)).toThrow(error);
  });
});
