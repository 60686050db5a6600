/**
 * One case of the benchmark, in a process of its own: the handler's way from an event's text to the
 * compressed objects, against the bound, in turns. Prints its result as JSON.
 *
 * @module
 */
import { Buffer } from 'node:buffer';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { createPlanner } from '../../lambda/core/archive-plan.ts';
import { compress } from '../../lambda/core/compression.ts';
import { noEnrichment } from '../../lambda/core/enrichment.ts';
import { type KafkaEvent, parseBatch } from '../../lambda/core/kafka-event.ts';
import { median, type Spread, spreadOf, timeOf } from '../common/sample.ts';
import { fullEvent } from '../events.ts';
import { planSettings, readCompression } from './settings.ts';

/** What a case found; milliseconds are medians. */
export interface CaseResult {
  readonly records: number;
  readonly lineBytes: number;
  /** Of all compressed objects. */
  readonly objectBytes: number;
  readonly handlerMs: number;
  readonly boundMs: number;
  /** Bound ÷ handler, of each pair. */
  readonly ratio: Spread;
}

const WARM_UP = 15;

const [name = '', level = '', valueBytes = '', pairs = ''] = process.argv.slice(2);
const settings = planSettings({ compression: readCompression(name), level: Number(level) });

const plan = createPlanner(settings, noEnrichment);
const text = fullEvent(Number(valueBytes));
const { objects } = await handle();
const decompress = settings.compression === 'gzip' ? gunzipSync : zstdDecompressSync;
const lines = objects.map(({ body }) => decompress(body));
const values = Buffer.alloc(text.length);

function handle() {
  return plan(parseBatch(JSON.parse(text)));
}

/** What cannot be spared: reading the event, decoding its values, compressing the lines. */
async function bound(): Promise<void> {
  const event: KafkaEvent = JSON.parse(text);
  let at = 0;
  for (const records of Object.values(event.records)) {
    for (const { value } of records) at += values.write(value ?? '', at, 'base64');
  }
  for (const body of lines) await compress(body, settings);
}

const handlerTimes: number[] = [];
const boundTimes: number[] = [];
for (let i = -Math.min(WARM_UP, Number(pairs)); i < Number(pairs); i++) {
  // In turns, so that neither is always the one after the other.
  const isHandlerFirst = i % 2 === 0;
  const first = await timeOf(isHandlerFirst ? handle : bound);
  const second = await timeOf(isHandlerFirst ? bound : handle);
  if (i < 0) continue;
  handlerTimes.push(isHandlerFirst ? first : second);
  boundTimes.push(isHandlerFirst ? second : first);
}
const result: CaseResult = {
  records: objects.reduce((sum, object) => sum + object.records, 0),
  lineBytes: lines.reduce((sum, { length }) => sum + length, 0),
  objectBytes: objects.reduce((sum, { body }) => sum + body.length, 0),
  handlerMs: median(handlerTimes),
  boundMs: median(boundTimes),
  ratio: spreadOf(handlerTimes.map((ms, i) => (boundTimes[i] ?? Number.NaN) / ms)),
};
console.log(JSON.stringify(result));
