import { words } from '../events.ts';

/** The topic of the generated objects. */
export const TOPIC = 'orders';

/** The first offset of every partition. */
export const FIRST_OFFSET = 5_000_000;

/** 2025-11-23 11:00 UTC, the hour that all records fall into. */
export const HOUR_MS = 1_763_895_600_000;

/** Returns the timestamp of a record in epoch milliseconds. */
export function timestampOf(offset: number): number {
  return HOUR_MS + ((offset - FIRST_OFFSET) % 3_600_000);
}

/**
 * Returns the value of a record: the JSON text of an order of about 1 KB with ids, amounts and words, which is the same
 * in every run.
 */
export function orderOf(partition: number, offset: number): string {
  const random = randomNumbers(Math.imul(offset, 31) + partition);
  const hex = () => random().toString(16).padStart(8, '0');
  const word = () => words[random() % words.length];
  let order = `{"order_id":"${hex()}-${hex()}","sequence":${offset}`;
  for (let item = 0; item < 9; item++) {
    const price = (random() % 100_000) / 100;
    order += `,"item_${item}":{"sku":"${hex()}${hex().slice(4)}","price":${price},"quantity":${random() % 9}}`;
    order += `,"note_${item}":"${word()} ${word()} ${word()}"`;
  }
  return `${order}}`;
}

/**
 * Returns the line of a record in the archive.
 *
 * @param metadata further fields of the line's metadata: empty, or JSON that begins with a comma
 */
export function lineOf(
  partition: number,
  offset: number,
  { timestamp = timestampOf(offset), metadata = '' } = {},
): string {
  const id = Math.imul(offset, 2_654_435_761) + partition;
  const hex = (id >>> 0).toString(16).padStart(8, '0');
  return `{"topic":"${TOPIC}","partition":${partition},"offset":${offset},"timestamp":${timestamp},"timestamp_type":"CREATE_TIME",\
"key":"customer-${hex}","key_encoding":"utf8","headers":[{"name":"trace-id","value":"${hex}${offset}","encoding":"utf8"},\
{"name":"content-type","value":"application/json","encoding":"utf8"}],\
"value":${orderOf(partition, offset)},"value_encoding":"json",\
"metadata":{"source":"arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3"${metadata}}}\n`;
}

/** Mulberry32: reproducible numbers of 32 bits that look random, faster than a digest for each. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
