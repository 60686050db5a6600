import { Buffer } from 'node:buffer';
import type { ConsumerRecord } from '../../kafka/record.ts';
import { MAX_PAYLOAD_BYTES } from '../../lambda/contract.ts';
import type { TopicTraffic } from './scenario.ts';

/** A record to be produced. */
export type NewRecord = Omit<ConsumerRecord, 'offset'>;

const MINUTE_MS = 60_000;
/** Traffic goes up and down by this share of it, once an hour. */
const SWING = 0.25;

/** The records of a topic, the same in every run. */
export class Traffic {
  readonly #topic: TopicTraffic;
  readonly #start: number;
  #produced = 0;
  /** Part of a record that was due, and not yet there. */
  #due = 0;

  /** @param start epoch milliseconds */
  constructor(topic: TopicTraffic, start: number) {
    this.#topic = topic;
    this.#start = start;
  }

  /** Those of a time since the last one, at even distances; epoch milliseconds. */
  between(from: number, to: number): readonly NewRecord[] {
    const rate = rateAt(this.#topic, (from - this.#start) / MINUTE_MS);
    this.#due += (rate * (to - from)) / MINUTE_MS;
    const count = Math.floor(this.#due);
    this.#due -= count;
    return Array.from({ length: count }, (_, index) =>
      this.#record(from + Math.floor(((to - from) * index) / count)),
    );
  }

  #record(timestamp: number): NewRecord {
    const number = this.#produced++;
    const { partitions, topic, valueBytes } = this.#topic;
    const fields = { number, topic, at: timestamp, customer: (number * 7919) % 100_003 };
    const items = Array.from({ length: Math.ceil(valueBytes / 60) }, (_, index) => ({
      sku: `SKU-${(number * 31 + index * 977) % 99_991}`,
      amount: ((number * 17 + index) % 9_999) / 100,
    }));
    const value = JSON.stringify({ ...fields, items });
    return newRecord(number % partitions, timestamp, Buffer.from(value));
  }
}

/** A record that alone is over the payload limit. */
export function oversizeRecord(timestamp: number): NewRecord {
  return newRecord(0, timestamp, Buffer.alloc(MAX_PAYLOAD_BYTES, 'x'));
}

function rateAt({ peaks = [], recordsPerMinute }: TopicTraffic, minute: number): number {
  const swing = 1 + SWING * Math.sin((minute / 60) * 2 * Math.PI);
  const peak = peaks.find(({ from, to }) => minute >= from && minute < to);
  return recordsPerMinute * swing * (peak?.factor ?? 1);
}

function newRecord(partition: number, timestamp: number, value: Buffer): NewRecord {
  return { partition, timestamp, timestampType: 'CREATE_TIME', key: null, value, headers: [] };
}
