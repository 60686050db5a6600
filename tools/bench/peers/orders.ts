import { Buffer } from 'node:buffer';
import type { NewRecord } from '../../local/demo/input.ts';
import { words } from '../events.ts';

/** Sizes of values in bytes, by the name that flags and tables use. */
export const valueBytes = { '1kb': 1000, '100b': 100 } as const;

/** The name of one of the {@link valueBytes | sizes}. */
export type ValueSize = keyof typeof valueBytes;

/** Partitions of every topic. */
export const PARTITIONS = 12;

/**
 * An order whose JSON states its sequence number and has about `bytes` bytes of ids, amounts and words, with a key and
 * two headers. Apart from the timestamp it is the same in every run. Partitions take turns, so that in a new topic its offset
 * is `floor(sequence / PARTITIONS)`.
 *
 * @param timestamp epoch milliseconds
 */
export function orderRecord(sequence: number, bytes: number, timestamp: number): NewRecord {
  const random = randomNumbers(sequence);
  const customer = hex(random());
  return {
    partition: sequence % PARTITIONS,
    timestamp,
    timestampType: 'CREATE_TIME',
    key: Buffer.from(`customer-${customer}`),
    value: Buffer.from(orderValue(sequence, bytes, random)),
    headers: [
      { name: 'trace-id', value: Buffer.from(hex(random()) + hex(random())) },
      { name: 'content-type', value: Buffer.from('application/json') },
    ],
  };
}

/** The first `count` orders, all with one timestamp in epoch milliseconds. */
export async function* orders(
  count: number,
  bytes: number,
  timestamp: number,
): AsyncGenerator<NewRecord> {
  for (let sequence = 0; sequence < count; sequence++) {
    yield orderRecord(sequence, bytes, timestamp);
  }
}

/** The sequence number that an order states; NaN for any other text. */
export function sequenceOf(order: string): number {
  const [, digits] = /"sequence":(\d+)/.exec(order) ?? [];
  return Number(digits ?? Number.NaN);
}

function orderValue(sequence: number, bytes: number, random: () => number): string {
  let text = `{"order_id":"${hex(random())}","sequence":${sequence},"total":${cents(random())}`;
  for (let item = 0; text.length < bytes - 32; item++) {
    text += item % 2 === 0 ? noteOf(item, random) : itemOf(item, random);
  }
  return `${text}}`;
}

function itemOf(item: number, random: () => number): string {
  const sku = hex(random()) + hex(random()).slice(0, 4);
  return `,"item_${item}":{"sku":"${sku}","price":${cents(random())},"quantity":${random() % 9}}`;
}

function noteOf(item: number, random: () => number): string {
  const number = random();
  const word = (shift: number) => words[(number >>> shift) % words.length];
  return `,"note_${item}":"${word(0)} ${word(5)} ${word(10)}","gift_${item}":${number % 3 === 0}`;
}

function cents(number: number): number {
  return (number % 100_000) / 100;
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}

/** Reproducible 32-bit integers: xorshift, started far from where the neighbouring seeds start. */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
