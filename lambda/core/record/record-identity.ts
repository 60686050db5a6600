import { Buffer } from 'node:buffer';
import type { DecodedRecord, WrittenEncoding } from './decode-line.ts';

/**
 * Whether two lines hold the same record: topic, partition, offset, timestamp, and the bytes of key and value agree.
 * Then one line is a duplicate. With the same topic, partition and offset, but not the same record, it is a conflict:
 * the topic has had two lives.
 *
 * Format version 1 wrote the line breaks between the tokens of an embedded value as spaces, and a line does not say
 * its format. So a value with such breaks is equal to the embedded value that format 1 would have made of it.
 */
export function isSameRecord(a: DecodedRecord, b: DecodedRecord): boolean {
  return (
    a.topic === b.topic &&
    a.partition === b.partition &&
    a.offset === b.offset &&
    a.timestamp === b.timestamp &&
    isSame(a.key, a.keyEncoding, b.key, b.keyEncoding) &&
    (isSame(a.value, a.valueEncoding, b.value, b.valueEncoding) ||
      isInFormat1(a, b) ||
      isInFormat1(b, a))
  );
}

function isSame(
  a: Buffer | null,
  encodingOfA: WrittenEncoding,
  b: Buffer | null,
  encodingOfB: WrittenEncoding,
): boolean {
  if (a === null || b === null) return a === b;
  return (encodingOfA === 'invalid') === (encodingOfB === 'invalid') && a.equals(b);
}

/** Whether `older` holds the value of `newer` as format 1 wrote it. */
function isInFormat1(older: DecodedRecord, newer: DecodedRecord): boolean {
  const { value } = newer;
  if (older.valueEncoding !== 'json' || older.valueLineBreak !== null) return false;
  if (value === null || newer.valueEncoding === 'invalid') return false;
  const text = value.toString();
  const withSpaces = text.replace(/[\r\n]/g, ' ');
  // In a string, which is not JSON then, format 1 left a line break as it was.
  return (
    withSpaces !== text && older.value?.equals(Buffer.from(withSpaces)) === true && isJson(text)
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
