import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_PAYLOAD_BYTES, settingRanges } from '../../lambda/contract.ts';
import { BatchBuilder } from '../../lambda/core/record/batch-builder.ts';
import {
  type EventOrigin,
  toBatchRecord,
  toEventJson,
} from '../../lambda/core/record/mapping-event.ts';

/** Sizes of values in bytes, by the name that tables use. */
export const valueSizes = { '200 B': 200, '1 KB': 1_000, '10 KB': 10_000 } as const;

/** The data sets: generated orders, and real text, which compresses otherwise. */
export const dataSets = ['orders', 'text'] as const;

/** One of {@link dataSets}. */
export type DataSet = (typeof dataSets)[number];

/** What fills an event. */
export interface EventContent {
  /** The approximate size of each value. */
  readonly valueBytes: number;
  /** Partitions, which take turns. @default 3 */
  readonly partitions?: number;
  /** @default 'orders' */
  readonly data?: DataSet;
}

/** The source of small events; that of full events has an ARN as long as AWS's. */
export const smallOrigin = {
  topic: 'orders',
  eventSourceArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/bench/00000000-0',
  bootstrapServers: 'localhost:9098',
  nullStyle: 'null',
} as const;

const origin: EventOrigin = {
  topic: 'orders',
  eventSourceArn:
    'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0-3',
  bootstrapServers: 'b-1.shop.example:9098,b-2.shop.example:9098',
  nullStyle: 'null',
};

/** Words that orders consist of, besides ids, amounts and times. */
export const words =
  'amber basket copper delta ember fabric garden harbor island jacket kettle lantern marble needle orchid pepper quartz ribbon silver timber umbrella velvet walnut yellow zephyr'.split(
    ' ',
  );

const FIRST_OFFSET = 5_000_000;

/**
 * The JSON text of an event that fills one invocation with records, each with two headers and a key.
 *
 * - `orders`: ids, amounts, times and words. They are the same in every run.
 * - `text`: pieces of the declaration files in `node_modules`, as JSON. They are the same for the same
 *   `package-lock.json`.
 */
export function fullEvent({ valueBytes, partitions = 3, data = 'orders' }: EventContent): string {
  const limits = {
    // More than fit, so that the payload is the limit.
    batchSize: settingRanges.batchSize.max * 10,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
  };
  const builder = new BatchBuilder(origin, limits);
  const writeValue = data === 'orders' ? order : textReader();
  for (let i = 0; ; i++) {
    const record = toBatchRecord(
      {
        partition: i % partitions,
        offset: FIRST_OFFSET + Math.floor(i / partitions),
        timestamp: 1_763_895_200_000 + i * 7,
        timestampType: 'CREATE_TIME',
        key: Buffer.from(`customer-${digest(i).slice(0, 8)}`),
        value: Buffer.from(writeValue(i, valueBytes)),
        headers: [
          { name: 'trace-id', value: Buffer.from(digest(i).slice(8, 24)) },
          { name: 'content-type', value: Buffer.from('application/json') },
        ],
      },
      origin,
    );
    if (!builder.tryAdd(record)) return toEventJson(builder.records, origin);
  }
}

/** Reproducible hexadecimal digits that look random. */
function digest(seed: number | string): string {
  return hash('sha256', String(seed), 'hex');
}

function order(i: number, bytes: number): string {
  const id = digest(`order ${i}`);
  const parts = [
    `"order_id":"${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}","sequence":${i}`,
  ];
  let length = parts[0]?.length ?? 0;
  for (let n = 0; length < bytes - 60; n++) {
    const seed = digest(`${i} ${n}`);
    const number = Number.parseInt(seed.slice(0, 8), 16);
    const word = (shift: number) => words[(number >>> shift) % words.length];
    const part =
      n % 2 === 0
        ? `"item_${n}":{"sku":"${seed.slice(8, 20)}","price":${(number % 100_000) / 100},"quantity":${number % 9}}`
        : `"note_${n}":"${word(0)} ${word(5)} ${word(10)}","gift_${n}":${number % 3 === 0}`;
    parts.push(part);
    length += part.length + 1;
  }
  return `{${parts.join(',')}}`;
}

/** Bytes of each file that are read, so that no generated file makes up most of an event. */
const MAX_FILE_TEXT = 20_000;

/** Returns a function that returns the next piece of real text each time, as JSON of about that size. */
function textReader(): (sequence: number, bytes: number) => string {
  const folder = join(import.meta.dirname, '../../node_modules');
  // In the order of digests, so that neighbours do not come from one package.
  const files = globSync('**/*.d.ts', { cwd: folder })
    .map((file) => ({ file, rank: digest(file) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .values();
  let text = '';
  return (sequence, bytes) => {
    // In JSON, line breaks and quotes need two bytes, and the field names some.
    const length = Math.floor(0.93 * bytes) - 40;
    while (text.length < length) {
      const next = files.next();
      if (next.done) throw new Error('node_modules has too few declaration files: npm ci');
      text += readFileSync(join(folder, next.value.file), 'utf8').slice(0, MAX_FILE_TEXT);
    }
    // A cut may halve a surrogate pair, which is not valid text.
    const piece = text.slice(0, length).toWellFormed();
    text = text.slice(length);
    return JSON.stringify({ sequence, text: piece });
  };
}
