import { Buffer, isUtf8 } from 'node:buffer';
import type { DecodedRecord } from '../../lambda/core/record/decode-line.ts';
import { isInRange } from '../archive/decode-in.ts';
import type { TimeRange } from '../archive/list-objects.ts';
import type { Condition } from './where.ts';

/** A partition and an offset in it. */
export interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** What a record must have; all of what is given. */
export interface Criteria {
  readonly topic: string;
  /** Any of these. Empty: any place. */
  readonly places: readonly Place[];
  /** Of the record's timestamp. */
  readonly range: TimeRange;
  readonly key?: Buffer | undefined;
  readonly headers: readonly { readonly name: string; readonly value: Buffer }[];
  readonly conditions: readonly Condition[];
}

/** Whether a record has everything that the criteria ask for. */
export function meets(record: DecodedRecord, criteria: Criteria): boolean {
  const { conditions, headers, key, places, range, topic } = criteria;
  return (
    record.topic === topic &&
    (places.length === 0 || places.some((place) => isAt(record, place))) &&
    isInRange(record.timestamp, range) &&
    (key === undefined || (record.keyEncoding !== 'invalid' && isEqual(record.key, key))) &&
    headers.every(({ name, value }) =>
      record.headers.some((header) => header.name === name && isEqual(header.value, value)),
    ) &&
    conditions.every((condition) => condition(record))
  );
}

/** Whether a record is at this partition and offset. */
export function isAt(record: Place, { offset, partition }: Place): boolean {
  return record.offset === offset && record.partition === partition;
}

function isEqual(bytes: Buffer | null, wanted: Buffer): boolean {
  return bytes?.equals(wanted) === true;
}

/**
 * Returns bytes of which every line of a matching record has one sequence at least, so that other lines need no
 * decoding; undefined if the criteria give none.
 */
export function needlesOf({
  headers,
  key,
  places,
  topic,
}: Criteria): readonly Buffer[] | undefined {
  if (places.length > 0) {
    return places.map(({ offset, partition }) =>
      Buffer.from(`{"topic":"${topic}","partition":${partition},"offset":${offset},`),
    );
  }
  if (key !== undefined)
    return stringNeedles(key, { before: '"key":"', after: '","key_encoding":"' });
  const [header] = headers;
  if (header === undefined) return undefined;
  return stringNeedles(header.value, { before: '"value":"', after: '","encoding":"' });
}

/** Characters that some writer of JSON might escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const escaped = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** The ways in which a line can hold bytes as a string. */
function stringNeedles(
  bytes: Buffer,
  { after, before }: { readonly before: string; readonly after: string },
): readonly Buffer[] | undefined {
  const base64 = Buffer.from(`${before}${bytes.toString('base64')}${after}base64"`);
  if (!isUtf8(bytes)) return [base64];
  const text = bytes.toString();
  if (!escaped.test(text)) return [Buffer.from(`${before}${text}${after}utf8"`), base64];
  const [longest = ''] = text.split(escaped).sort((a, b) => b.length - a.length);
  return longest === '' ? undefined : [Buffer.from(longest), base64];
}

const LINE_FEED = 0x0a;

/** Yields the lines of a block, each once, that have any of the needles. */
export function* linesWith(block: Buffer, needles: readonly Buffer[]): Generator<Buffer> {
  const next = needles.map((needle) => block.indexOf(needle));
  for (;;) {
    const at = Math.min(...next.map((index) => (index === -1 ? Infinity : index)));
    if (at === Infinity) return;
    const start = block.lastIndexOf(LINE_FEED, at) + 1;
    const found = block.indexOf(LINE_FEED, at);
    const end = found === -1 ? block.length : found;
    yield block.subarray(start, end);
    for (const [index, needle] of needles.entries()) {
      const place = next[index] ?? -1;
      if (place !== -1 && place <= end) next[index] = block.indexOf(needle, end);
    }
  }
}
